using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Inference;
using Graft.Tests.Tasks;

namespace Graft.Tests;

/// <summary>
/// Graft.Core in a native program (bench/Graft.Core.Aot): compiled ahead of time without a warning, without libtorch, to the same metrics.
/// </summary>
[Trait("Category", "Slow")]
public sealed class CoreAotTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ANativeProgramDecodesScoresToTheMetricsOfTheRun()
    {
        if (!OperatingSystem.IsLinux() || !new[] { "clang", "gcc" }.Any(OnPath))
            Assert.Skip("ahead-of-time compilation needs clang or gcc to link");
        string native = _tiny.PathOf("native"),
            dev = _tiny.Reviews("dev.tsv", 60, seed: 2),
            table = _tiny.PathOf("dev.parquet"),
            scores = _tiny.PathOf("scores.json");
        (int code, string output) = Publish(native);
        if (code != 0 && (output.Contains("NU1101", StringComparison.Ordinal) || output.Contains("NU1301", StringComparison.Ordinal)))
            Assert.Skip("the ahead-of-time compiler's package cannot be fetched");
        Assert.True(code == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Directory.EnumerateFiles(native), file => file.Contains("torch", StringComparison.OrdinalIgnoreCase));

        FineTuningResult run = FineTuning.Run(
            new FineTuningOptions
            {
                Model = _tiny.ModelFolder,
                Task = new TextClassification(),
                Train = _tiny.Reviews("train.tsv", 40),
                Evaluation = dev,
                Output = _tiny.PathOf("run"),
                Epochs = 1,
            }
        );
        FineTuningTask task = new TextClassification().WithLabels(["negative", "positive"]);
        using (IScorer scorer = ScoringEngines.Open(run.Folder, new ScorerOptions(), _ => task))
        {
            EncodedData encoded = task.Encode(
                task.Read(dev, new Graft.Data.ColumnOptions(), labelled: true),
                scorer.Tokenizer,
                new EncodingOptions()
            );
            File.WriteAllText(scores, JsonSerializer.Serialize(scorer.Score(encoded.Features).Select(score => score.Values)));
        }

        ParquetFiles.Write(table, ["text", "label"], [.. File.ReadLines(dev).Skip(1).Select(line => line.Split('\t'))]);
        JsonObject metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(run.Folder, "metrics.json")))!["metrics"]!.AsObject();
        string program = Path.Combine(native, "Graft.Core.Aot");
        (code, output) = Run(program, run.Folder, dev, scores);
        Assert.True(code == 0, output);
        Dictionary<string, double> measured = output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(
                parts => parts[0],
                parts => double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture),
                StringComparer.Ordinal
            );
        Assert.True(measured.Remove("torch-modules", out double modules) && modules == 0, output);
        Assert.Equal(metrics.Select(pair => pair.Key), measured.Keys);
        foreach ((string name, double value) in measured) Assert.Equal((double)metrics[name]!["value"]!, value, 6);

        (code, output) = Run(program, run.Folder, table, scores);
        Assert.Equal(2, code);
        Assert.Contains("without Parquet", output, StringComparison.Ordinal);

        (code, output) = Run(program, run.Folder, dev);
        Assert.Equal(2, code);
        Assert.Contains("add the package Graft", output, StringComparison.Ordinal);
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static (int Code, string Output) Publish(string native)
    {
        using TreeBuild building = TreeBuild.Begin();
        return Run(
            "dotnet",
            "publish",
            Path.Combine(TestData.Root, "bench", "Graft.Core.Aot"),
            "--output",
            native,
            "-warnaserror",
            "-nodeReuse:false"
        );
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = TestData.Root,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
