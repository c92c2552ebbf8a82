using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Inference;
using Graft.Tests.Cases;
using Graft.Tests.Tasks;

namespace Graft.Tests.Inference;

/// <summary>Many processes answer one input in parts: joined, they are one run's answers, whatever was killed and started again.</summary>
public sealed class InferencePartsTests(ITestOutputHelper log) : IDisposable
{
    private readonly TinyBert _tiny = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-parts-").FullName;

    private static string Graft => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Graft.Cli.exe" : "Graft.Cli");

    public void Dispose()
    {
        _tiny.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void JoinedPartsAreOneRunsAnswers()
    {
        using Predictor predictor = Predictor();
        string input = Input(200), one = Path.Combine(_folder, "one.jsonl"), merged = Path.Combine(_folder, "merged.jsonl");
        PredictionWriter.Write(one, new PredictionStream(predictor).OfFile(input, new ColumnOptions(), 1024));
        foreach (int shard in Enumerable.Range(0, 5).Reverse()) Write(predictor, input, new InputShard(shard, 5));
        JsonObject summary = InferenceParts.Merge(Path.Combine(_folder, "parts"), merged);
        Assert.Equal(File.ReadAllText(one), File.ReadAllText(merged));
        Assert.Equal((201, 1), ((long)summary["rows"]!, (long)summary["bad"]!));
        JsonObject bad = JsonNode.Parse(File.ReadAllLines(Path.Combine(_folder, "merged.bad.jsonl")).Single())!.AsObject();
        JsonObject[] rows = [.. File.ReadAllLines(merged).Select(line => JsonNode.Parse(line)!.AsObject())];
        Assert.Equal(Enumerable.Range(1, 201).Select(row => (long)row), rows.Select(row => (long)row["row"]!));
        Assert.Equal((long)rows.Single(row => row["error"] is not null)["row"]!, (long)bad["row"]!);
        Assert.Equal(100, (long)bad["row"]!);
    }

    [Fact]
    public void AFinishedPartIsKnownAndAnotherQuestionIsRefused()
    {
        using Predictor predictor = Predictor();
        string input = Input(40);
        Write(predictor, input, new InputShard(1, 2));
        Assert.True(Parts(input, new InputShard(1, 2)).IsFinished());
        Assert.False(Parts(input, new InputShard(0, 2)).IsFinished());
        Assert.Contains(
            "another folder",
            Assert.Throws<InputException>(() => Parts(input, new InputShard(1, 2), ("raw", "true")).IsFinished()).Message,
            StringComparison.Ordinal
        );
        File.AppendAllText(input, "one more\n");
        Assert.Contains(
            "\"input\"",
            Assert.Throws<InputException>(() => Parts(input, new InputShard(1, 2)).IsFinished()).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void PartsThatAreMissingOrDamagedAreNotJoined()
    {
        using Predictor predictor = Predictor();
        string input = Input(40), parts = Path.Combine(_folder, "parts"), merged = Path.Combine(_folder, "merged.jsonl");
        Write(predictor, input, new InputShard(0, 3));
        Write(predictor, input, new InputShard(2, 3));
        Assert.Contains(
            "shards 1",
            Assert.Throws<RunFailedException>(() => InferenceParts.Merge(parts, merged)).Message,
            StringComparison.Ordinal
        );
        Write(predictor, input, new InputShard(1, 3));
        File.AppendAllText(Path.Combine(parts, "part-00002-of-00003.jsonl"), "{}\n");
        Assert.Contains(
            "shards 2",
            Assert.Throws<RunFailedException>(() => InferenceParts.Merge(parts, merged)).Message,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(merged));
        Assert.False(Parts(input, new InputShard(2, 3)).IsFinished());
    }

    [Fact]
    public void TheCommandsGiveTheSame()
    {
        string input = Input(60),
            parts = Path.Combine(_folder, "parts"),
            merged = Path.Combine(_folder, "merged.jsonl"),
            one = Path.Combine(_folder, "one.jsonl");
        Save();
        string[] embed = ["embed", "--model", Model, "--input", input];
        Assert.Equal(0, Run([.. embed, "--output", one]));
        Assert.Equal(0, Run([.. embed, "--output", parts, "--shard", "1/2"]));
        Assert.Equal(1, Run("merge-parts", "--input", parts, "--output", merged));
        Assert.Equal(0, Run([.. embed, "--output", parts, "--shards", "2"], ("JOB_COMPLETION_INDEX", "0")));
        Assert.Equal(2, Run([.. embed, "--output", parts, "--shards", "2"]));
        Assert.Equal(0, Run("merge-parts", "--input", parts, "--output", merged));
        Assert.Equal(File.ReadAllText(one), File.ReadAllText(merged));
    }

    /// <summary>64 parts of 100,000 texts, 20 processes killed at random moments and started again.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task KilledProcessesLoseAndDoubleNothing()
    {
        TestData.LongOnly();
        const int shards = 64,
            kills = 20;
        string input = Input(100_000),
            parts = Path.Combine(_folder, "parts"),
            merged = Path.Combine(_folder, "merged.jsonl"),
            one = Path.Combine(_folder, "one.jsonl");
        Save();
        string[] predict = ["predict", "--model", Model, "--task", "text-classification", "--input", input];
        Assert.Equal(0, Run([.. predict, "--output", one]));
        Random random = new(32);
        string[] Part(int shard) =>
            [.. predict, "--output", parts, "--shard", string.Create(CultureInfo.InvariantCulture, $"{shard}/{shards}")];
        Stopwatch clock = Stopwatch.StartNew(); // how long a process lives: it is killed within that time
        using (Process whole = Start(Part(0))) await whole.WaitForExitAsync(TestContext.Current.CancellationToken);
        int life = (int)clock.ElapsedMilliseconds;
        Queue<int> waiting = new(Enumerable.Range(1, shards - 1));
        int killed = 0;
        while (waiting.TryDequeue(out int shard))
        {
            using Process process = Start(Part(shard));
            if (killed < kills && random.Next(3) > 0)
            {
                await Task.Delay(random.Next(life / 20, life), TestContext.Current.CancellationToken);
                if (!process.HasExited) killed++;
                process.Kill();
                waiting.Enqueue(shard);
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        log.WriteLine($"{killed} killed; {Directory.GetFiles(parts, ".part-*.partial").Length} temporary files left by them");
        Assert.Equal(kills, killed);
        Assert.Equal(0, Run("merge-parts", "--input", parts, "--output", merged));
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(merged));
        Assert.Empty(Directory.GetFiles(parts, ".part-*.partial"));
    }

    private string Model => Path.Combine(_folder, "model");

    private Predictor Predictor()
    {
        Save();
        return global::Graft.Inference.Predictor.Load(Model, task: "text-classification");
    }

    private void Save() => TinyFamily.Create(Model, "bert", HeadKinds.SequenceClassification, ["bad", "good"], null);

    private InferenceParts Parts(string input, InputShard shard, params (string, string)[] options) =>
        new(
            Path.Combine(_folder, "parts"),
            new InferenceWork(
                "predict",
                Model,
                input,
                options.ToDictionary(option => option.Item1, option => option.Item2, StringComparer.Ordinal),
                shard
            )
        );

    private void Write(Predictor predictor, string input, InputShard shard) =>
        Parts(input, shard)
            .Write(
                new PredictionStream(predictor)
                    .OfFile(input, new ColumnOptions { Shard = shard }, 1024)
                    .SelectMany(part => part.Rows)
                    .Select(row => new PartLine(PredictionWriter.Line(row), row.Failure))
            );

    /// <summary>Texts, and a line that is none.</summary>
    private string Input(int rows) =>
        _tiny.Write(
            "in.txt",
            Enumerable
                .Range(0, rows + 1)
                .Select(i =>
                    i == rows / 2 - 1
                        ? ""
                        : string.Create(
                            CultureInfo.InvariantCulture,
                            $"the film was good {i} {string.Concat(Enumerable.Repeat("poor ", i % 7))}"
                        )
                )
        );

    private int Run(params string[] arguments) => Run(arguments, []);

    private int Run(string[] arguments, params (string Name, string Value)[] environment)
    {
        CommandResult result = GraftProcess.Run(
            arguments,
            _folder,
            environment: environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal)
        );
        log.WriteLine(result.Error);
        return result.ExitCode;
    }

    private static Process Start(string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Graft, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
}
