using System.Text;

namespace Graft.Tests.Distributed;

/// <summary>A corpus that several ranks build is, byte for byte, the one that one process builds.</summary>
[Collection(AloneCollection.Name)]
public sealed class CorpusRanksTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-corpus-ranks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 4)]
    public void TheFolderIsTheSame(string library, int ranks)
    {
        _ = MpiJob.Launcher(library);
        string input = Texts(files: 9, documents: 40), evaluation = Evaluation(input);
        Build("alone", library, 1, input, evaluation);
        Build("together", library, ranks, input, evaluation);
        AssertSameFolders("alone", "together");
        string manifest = File.ReadAllText(Path.Combine(_folder, "together", "corpus.json"));
        foreach (string reason in (string[])["exact duplicate", "near duplicate", "contaminated", "too short"])
            Assert.Contains($"\"{reason}\"", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public void ABuildThatWasStoppedGoesOnWithAnotherNumberOfRanks()
    {
        _ = MpiJob.Launcher("openmpi");
        string input = Texts(files: 24, documents: 600), evaluation = Evaluation(input);
        Build("alone", "openmpi", 1, input, evaluation);
        using (MpiJob job = MpiJob.Start("openmpi", 3, Arguments("stopped", input, evaluation)))
        {
            string prepared = Path.Combine(_folder, "stopped", "prepared");
            for (int waited = 0; !Directory.Exists(prepared) || Directory.GetFiles(prepared, "0*").Length < 3; waited++)
            {
                Assert.True(waited < 6000, "nothing was prepared in a minute");
                Thread.Sleep(10);
            }

            job.Signal("USR1");
            Assert.NotEqual(0, job.Wait());
        }

        Assert.False(File.Exists(Path.Combine(_folder, "stopped", "corpus.json")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder, "stopped", "prepared"), "0*"));
        Build("stopped", "openmpi", 2, input, evaluation);
        AssertSameFolders("alone", "stopped");
    }

    [Fact]
    public void ADamagedFileEndsAllRanksAndIsNamed()
    {
        _ = MpiJob.Launcher("openmpi");
        string input = Texts(files: 3, documents: 40);
        File.WriteAllText(Path.Combine(input, "b.parquet"), "this is no table");
        using MpiJob job = MpiJob.Start("openmpi", 2, Arguments("damaged", input, Evaluation(input)));
        Assert.Equal(2, job.Wait());
        Assert.Contains("b.parquet", job.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "damaged", "corpus.json")));
    }

    [Fact]
    public void PretrainingFromTextIsTheSameToo()
    {
        _ = MpiJob.Launcher("openmpi");
        string input = Texts(files: 5, documents: 30), config = Path.Combine(_folder, "config.json");
        File.WriteAllText(
            config,
            """
            {"model_type": "bert", "vocab_size": 1000, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 64, "max_position_embeddings": 64}
            """
        );
        foreach (int ranks in (int[])[1, 2])
        {
            using MpiJob job = MpiJob.Start(
                "openmpi",
                ranks,
                [
                    "pretrain",
                    "--model-config",
                    config,
                    "--tokenizer",
                    Tokenizer,
                    "--corpus",
                    input,
                    "--held-out",
                    "0.2",
                    "--output",
                    Path.Combine(_folder, $"run-{ranks}"),
                    "--steps",
                    "3",
                    "--batch-size",
                    "16",
                    "--max-length",
                    "32",
                    "--gradient-groups",
                    "8",
                ]
            );
            Assert.True(job.Wait() == 0, job.Text);
        }

        AssertSameFolders(Path.Combine("run-1", "corpus"), Path.Combine("run-2", "corpus"));
        foreach (string file in (string[])["model.safetensors", "metrics.json"]) // what was held out is evaluated at the end
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "run-1", file)), File.ReadAllBytes(Path.Combine(_folder, "run-2", file)));
    }

    private static string Tokenizer => Path.Combine(TestData.Root, "models", "graft-small-plain");

    private void Build(string output, string library, int ranks, string input, string evaluation)
    {
        using MpiJob job = MpiJob.Start(library, ranks, Arguments(output, input, evaluation));
        int code = job.Wait();
        Assert.True(code == 0, $"{library}, {ranks} ranks: {code}\n{job.Text}");
    }

    private string[] Arguments(string output, string input, string evaluation) =>
        [
            "corpus",
            "build",
            "--input",
            input,
            "--tokenizer",
            Tokenizer,
            "--held-out",
            "0.1",
            "--exclude",
            evaluation,
            "--output",
            Path.Combine(_folder, output),
        ];

    /// <summary>Text files of different sizes; some documents of a file stand in another too, whole or nearly.</summary>
    private string Texts(int files, int documents)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "text")).FullName;
        List<string> all = [];
        for (int file = 0; file < files; file++)
        {
            List<string> own = [];
            for (int i = 0; i < documents * (1 + (file % 3)); i++)
            {
                CounterRandom random = new(CounterRandom.Key((ulong)file, (ulong)i));
                own.Add(string.Join(' ', Enumerable.Range(0, 30 + random.NextInt(60)).Select(_ => Word(random.NextInt(5000)))) + ".");
            }

            if (all.Count > 0) own.AddRange([all[3], all[5] + " and two words", "short.", all[file]]);
            all.AddRange(own);
            File.WriteAllText(Path.Combine(folder, $"{(char)('a' + file)}.txt"), string.Join("\n\n", own) + "\n");
        }

        return folder;
    }

    private string Evaluation(string input)
    {
        string path = Path.Combine(_folder, "evaluation.txt");
        string document = File.ReadAllText(Path.Combine(input, "c.txt")).Split("\n\n")[7];
        File.WriteAllText(path, string.Join(' ', document.Split(' ')[5..25]) + "\n");
        return path;
    }

    private static string Word(int number)
    {
        StringBuilder word = new();
        for (int rest = number + 30; rest > 0; rest /= 20) word.Append("bcdfghlmnprst"[rest % 13]).Append("aeiou"[rest % 5]);
        return word.ToString();
    }

    private void AssertSameFolders(string first, string second)
    {
        string[] Files(string name) =>
            [
                .. Directory
                    .GetFiles(Path.Combine(_folder, name), "*", SearchOption.AllDirectories)
                    .Select(path => Path.GetRelativePath(Path.Combine(_folder, name), path))
                    .Order(StringComparer.Ordinal),
            ];
        Assert.NotEmpty(Files(first));
        Assert.Equal(Files(first), Files(second));
        foreach (string file in Files(first))
            Assert.True(
                File.ReadAllBytes(Path.Combine(_folder, first, file))
                    .AsSpan()
                    .SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, second, file))),
                file
            );
    }
}
