using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Tests.Tasks;
using Process = System.Diagnostics.Process;

namespace Graft.Tests.Distributed;

/// <summary>The same bits on any number of ranks, whatever MPI, and after any interruption.</summary>
[Collection(AloneCollection.Name)]
public sealed class RanksTests(ITestOutputHelper log) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-ranks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("openmpi", 2, "adamw", 2, 32)]
    [InlineData("mpich", 4, "muon", 2, 32)]
    [InlineData("openmpi", 2, "muon", 3, 256)] // shards longer than what is exchanged at once, a matrix across their cut
    public void PretrainingEndsWithTheSameBits(string library, int ranks, string optimizer, int layers, int width)
    {
        _ = MpiJob.Launcher(library);
        string[] flags = ["--optimizer", optimizer, "--steps", "4", "--checkpoint-every", "2"];
        Run("alone", library, 1, flags, Config(layers, width, 2));
        Run("together", library, ranks, flags, Config(layers, width, 2));
        foreach (
            string file in (string[])
                ["model.safetensors", "checkpoints/step-4/parameters.safetensors", "checkpoints/step-4/optimizer.safetensors"]
        )
            Assert.Equal(Bytes("alone", file), Bytes("together", file));
        Assert.Equal(Losses("alone"), Losses("together"));
    }

    [Fact]
    public void FineTuningEndsWithTheSameBits()
    {
        _ = MpiJob.Launcher("openmpi");
        using TinyBert tiny = new();
        string train = tiny.Reviews("train.tsv", 60), development = tiny.Reviews("dev.tsv", 20, seed: 2);
        string[] Arguments(string output) =>
            [
                "finetune",
                "--model",
                tiny.ModelFolder,
                "--task",
                "text-classification",
                "--strategy",
                "full",
                "--train",
                train,
                "--eval",
                development,
                "--output",
                Path.Combine(_folder, output),
                "--epochs",
                "2",
                "--batch-size",
                "16",
                "--max-length",
                "32",
                "--dropout",
                "0.1",
                "--gradient-groups",
                "4",
                "--keep",
                "best",
            ];
        foreach ((string output, int ranks) in (IEnumerable<(string, int)>)[("alone", 1), ("together", 2)])
        {
            using MpiJob job = MpiJob.Start("openmpi", ranks, Arguments(output));
            Assert.True(job.Wait() == 0, job.Text);
            if (ranks == 2)
                Assert.Contains(
                    $"rank 1     {Environment.MachineName}: 1 thread, groups 2 to 3 of 4, 8 of 16 examples an update",
                    job.Text,
                    StringComparison.Ordinal
                );
        }

        foreach (string file in (string[])["model.safetensors", "predictions.jsonl", "metrics.json"])
            Assert.Equal(Bytes("alone", file), Bytes("together", file));
        using MpiJob spanning = MpiJob.Start(
            "openmpi",
            2,
            [
                "finetune",
                "--model",
                tiny.ModelFolder,
                "--task",
                "embedding",
                "--strategy",
                "full",
                "--train",
                tiny.Write("pairs.tsv", ["text1\ttext2", "good film\tlovely film", "bad book\tawful book"]),
                "--output",
                Path.Combine(_folder, "pairs"),
            ]
        );
        Assert.Equal(2, spanning.Wait());
        Assert.Contains("--task embedding: the loss of each example depends on the whole batch", spanning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ASignalWritesACheckpointAndAnotherNumberOfRanksGoesOn()
    {
        _ = MpiJob.Launcher("openmpi");
        string[] flags = ["--optimizer", "adamw", "--steps", "40"];
        Run("alone", "openmpi", 1, flags);
        using (MpiJob job = MpiJob.Start("openmpi", 3, Arguments("broken", flags)))
        {
            AwaitUpdates("broken", 3);
            job.Signal("USR1");
            Assert.NotEqual(0, job.Wait());
        }

        string checkpoint = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "broken", "checkpoints")));
        Assert.True(long.Parse(Path.GetFileName(checkpoint).AsSpan(5), CultureInfo.InvariantCulture) is >= 3 and < 40, checkpoint);
        Run("broken", "openmpi", 2, [.. flags, "--resume"]);
        Assert.Equal(Bytes("alone", "model.safetensors"), Bytes("broken", "model.safetensors"));
    }

    [Fact]
    public void ARankThatDoesNotComeIsNamed()
    {
        _ = MpiJob.Launcher("mpich");
        using MpiJob job = MpiJob.Start("mpich", 2, Arguments("stopped", ["--steps", "100000", "--rank-limit", "10s"]));
        AwaitUpdates("stopped", 2);
        job.SignalRank("STOP", 1);
        int stopped = job.Ranks()[1];
        int code = job.Wait(TimeSpan.FromSeconds(60));
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start(
            "kill",
            ["-KILL", stopped.ToString(CultureInfo.InvariantCulture)]
        );
        kill.WaitForExit();
        log.WriteLine(job.Text);
        Assert.Contains("did not come within 10 s", job.Text, StringComparison.Ordinal);
        Assert.Contains("rank ", job.Text, StringComparison.Ordinal);
        Assert.Equal(75, code);
    }

    [Fact]
    public void ADryRunSaysEachRanksShare()
    {
        _ = MpiJob.Launcher("openmpi");
        using MpiJob job = MpiJob.Start("openmpi", 3, Arguments("dry", ["--steps", "10", "--dry-run"]));
        Assert.Equal(0, job.Wait());
        foreach (string share in (string[])["rank 0 ", "groups 0 to 1 of 8", "groups 2 to 4 of 8, 6 of 16 sequences", "groups 5 to 7 of 8"])
            Assert.Contains(share, job.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "dry")));
    }

    /// <summary>A student follows its teacher on two ranks as on one.</summary>
    [Fact]
    public void DistillationEndsWithTheSameBits()
    {
        _ = MpiJob.Launcher("openmpi");
        string config = Config(1, 32, 2);
        foreach ((string output, int ranks) in (IEnumerable<(string, int)>)[("alone", 1), ("together", 2)])
        {
            using MpiJob job = MpiJob.Start(
                "openmpi",
                ranks,
                [
                    "distill",
                    "--teacher",
                    Path.Combine(TestData.Root, "models", "graft-small-plain"),
                    "--student-config",
                    config,
                    "--corpus",
                    Path.Combine(TestData.Root, "samples", "prose.txt"),
                    "--output",
                    Path.Combine(_folder, output),
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

        Assert.Equal(Bytes("alone", "model.safetensors"), Bytes("together", "model.safetensors"));
        Assert.Equal(Losses("alone"), Losses("together"));
    }

    [Fact]
    public void ALauncherOfAnotherLibraryIsRefused()
    {
        _ = MpiJob.Launcher("openmpi");
        _ = MpiJob.Launcher("mpich");
        using MpiJob job = MpiJob.Start("mpich", 2, Arguments("singletons", ["--steps", "4", "--mpi-library", "libmpi.so.40"]));
        Assert.Equal(2, job.Wait());
        Assert.Contains("do not belong together", job.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "singletons")));
    }

    [Fact]
    public async Task ARankWithOtherOptionsIsNamed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "skipped: the launcher script is one of a Unix shell");
        CancellationToken stop = TestContext.Current.CancellationToken;
        string launcher = MpiJob.Launcher("openmpi");
        string script = Path.Combine(_folder, "differ.sh");
        File.WriteAllText(script, $"#!/bin/sh\nexec \"$@\" --weight-decay 0.0$((OMPI_COMM_WORLD_RANK + 1))\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(
                launcher,
                [
                    "--oversubscribe",
                    "--bind-to",
                    "none",
                    "-np",
                    "2",
                    script,
                    Path.Combine(AppContext.BaseDirectory, "Graft.Cli"),
                    .. Arguments("differ", ["--steps", "4"]),
                ]
            )
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                Environment =
                {
                    ["GRAFT_THREADS"] = "1",
                    ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
                    ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
                },
            }
        )!;
        Task<string> error = process.StandardError.ReadToEndAsync(stop);
        string text = await process.StandardOutput.ReadToEndAsync(stop) + await error;
        await process.WaitForExitAsync(stop);
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("rank 1 differs from rank 0 in its options", text, StringComparison.Ordinal);
    }

    /// <summary>
    /// The larger models of the contract: 30 updates, dropout on, both optimizers, both libraries, 1 to 4 ranks, and from 4 to 2 to 1 ranks
    /// on the way.
    /// </summary>
    [Theory]
    [InlineData("small", "adamw")]
    [InlineData("small", "muon")]
    [InlineData("bert-4x256", "adamw")]
    [InlineData("bert-4x256", "muon")]
    [Trait("Category", "Slow")]
    public void LargerModelsEndWithTheSameBits(string model, string optimizer)
    {
        TestData.LongOnly();
        _ = MpiJob.Launcher("openmpi");
        _ = MpiJob.Launcher("mpich");
        string config = model == "small" ? Path.Combine(TestData.Root, "models", "graft-small-plain", "config.json") : Config(4, 256, 4);
        string[] flags = ["--optimizer", optimizer, "--steps", "30"];
        Run("alone", "openmpi", 1, flags, config);
        byte[] expected = Bytes("alone", "model.safetensors");
        foreach (
            (string library, int ranks) in (IEnumerable<(string, int)>)
                [("openmpi", 2), ("openmpi", 3), ("openmpi", 4), ("mpich", 2), ("mpich", 3), ("mpich", 4)]
        )
        {
            Run($"{library}-{ranks}", library, ranks, flags, config);
            Assert.True(expected.AsSpan().SequenceEqual(Bytes($"{library}-{ranks}", "model.safetensors")), $"{library}, {ranks} ranks");
        }

        using (TwoNodes nodes = TwoNodes.Create(_folder))
        {
            foreach (
                (string library, int each) in (IEnumerable<(string, int)>)[("openmpi", 1), ("openmpi", 2), ("mpich", 1), ("mpich", 2)]
            )
            {
                using MpiJob job = MpiJob.Start(
                    nodes.Launcher(library, each),
                    Arguments($"nodes-{library}-{each}", flags, config),
                    TwoNodes.Environments
                );
                int code = job.Wait(TimeSpan.FromMinutes(20));
                Assert.True(code == 0, $"{library}, two nodes with {each}: {code}\n{job.Text}");
                Assert.Contains("on 2 machines", job.Text, StringComparison.Ordinal);
                Assert.True(
                    expected.AsSpan().SequenceEqual(Bytes($"nodes-{library}-{each}", "model.safetensors")),
                    $"{library}, two nodes with {each}"
                );
            }
        }

        foreach ((int ranks, int until) in (IEnumerable<(int, int)>)[(4, 10), (2, 20)])
        {
            using MpiJob job = MpiJob.Start("openmpi", ranks, Arguments("moved", [.. flags, "--resume"], config));
            AwaitUpdates("moved", until);
            job.Signal("USR1");
            job.Wait();
        }

        Run("moved", "openmpi", 1, [.. flags, "--resume"], config);
        Assert.True(expected.AsSpan().SequenceEqual(Bytes("moved", "model.safetensors")), "4, 2 and 1 ranks in turn");
    }

    /// <summary>
    /// A rank dies without a word, twenty times at random moments: the job ends, and the restart on another number of ranks ends with the
    /// same bits.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task KilledRanksCostNoBit()
    {
        TestData.LongOnly();
        _ = MpiJob.Launcher("openmpi");
        _ = MpiJob.Launcher("mpich");
        string[] flags = ["--optimizer", "adamw", "--steps", "400", "--checkpoint-every", "5"];
        Run("alone", "openmpi", 1, flags);
        Random random = new(32);
        for (int kill = 0; kill < 20; kill++)
        {
            int ranks = 2 + random.Next(3);
            string library = kill % 2 == 0 ? "openmpi" : "mpich";
            using MpiJob job = MpiJob.Start(library, ranks, Arguments("killed", [.. flags, "--resume"]));
            await Task.Delay(random.Next(500, 6000), TestContext.Current.CancellationToken);
            IReadOnlyList<int> there = job.Ranks();
            if (there.Count > 0) job.SignalRank("KILL", random.Next(there.Count));
            int code = job.Wait(TimeSpan.FromSeconds(60));
            log.WriteLine($"{library}, {ranks} ranks: ended with {code}");
            Assert.NotEqual(124, code);
        }

        Run("killed", "mpich", 2, [.. flags, "--resume"]);
        Assert.Equal(Bytes("alone", "model.safetensors"), Bytes("killed", "model.safetensors"));
    }

    /// <summary>A rank is stopped in its work: the job ends with 75 and its name, and the restart with the same bits.</summary>
    [Theory]
    [InlineData("openmpi", 0)]
    [InlineData("openmpi", 1)]
    [InlineData("mpich", 0)]
    [InlineData("mpich", 2)]
    [Trait("Category", "Slow")]
    public void AStoppedRankCostsNoBit(string library, int rank)
    {
        TestData.LongOnly();
        _ = MpiJob.Launcher(library);
        string[] flags = ["--optimizer", "adamw", "--steps", "60", "--checkpoint-every", "5"];
        Run("alone", library, 1, flags);
        using (MpiJob job = MpiJob.Start(library, 3, Arguments("stopped", [.. flags, "--rank-limit", "10s"])))
        {
            AwaitUpdates("stopped", 12);
            int stopped = job.Ranks()[rank];
            Signal("STOP", stopped);
            int code = job.Wait(TimeSpan.FromSeconds(90)); // the launcher itself may wait for the one that is stopped
            Signal("KILL", stopped);
            log.WriteLine($"{library}, rank {rank} stopped: {code}\n{job.Text}");
            Assert.Contains($"rank {rank}", job.Text, StringComparison.Ordinal);
            Assert.Contains(" s; the same command", job.Text, StringComparison.Ordinal);
            Assert.True(code is 75 or 124, $"{code}");
        }

        Run("stopped", library, 2, [.. flags, "--resume"]);
        Assert.Equal(Bytes("alone", "model.safetensors"), Bytes("stopped", "model.safetensors"));
    }

    /// <summary>
    /// The cable between two nodes is cut: the first names who is out of reach, and the restart ends with the same bits.
    /// </summary>
    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    [Trait("Category", "Slow")]
    public void ACutLinkCostsNoBit(string library)
    {
        TestData.LongOnly();
        _ = MpiJob.Launcher(library);
        string[] flags = ["--optimizer", "adamw", "--steps", "60", "--checkpoint-every", "5"];
        Run("alone", library, 1, flags);
        using TwoNodes nodes = TwoNodes.Create(_folder);
        string[] limited = Arguments("cut", [.. flags, "--rank-limit", "10s"]);
        using (MpiJob job = MpiJob.Start(nodes.Launcher(library, 1), limited, TwoNodes.Environments))
        {
            AwaitUpdates("cut", 12);
            nodes.Link(isUp: false);
            int code = job.Wait(TimeSpan.FromSeconds(90)); // the time limit around mpirun, which itself may hang
            nodes.End();
            log.WriteLine($"{library}, the link cut: {code}\n{job.Text}");
            Assert.Contains("rank 1 on ", job.Text, StringComparison.Ordinal);
            Assert.Contains("did not come within 10 s", job.Text, StringComparison.Ordinal);
        }

        nodes.Link(isUp: true);
        using (MpiJob job = MpiJob.Start(nodes.Launcher(library, 1), [.. limited, "--resume"], TwoNodes.Environments))
            Assert.True(job.Wait() == 0, job.Text);
        Assert.Equal(Bytes("alone", "model.safetensors"), Bytes("cut", "model.safetensors"));
    }

    /// <summary>One of the processes never reaches the others: those that are here say so, within the limit.</summary>
    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void ARankThatNeverStartsIsMissed(string library)
    {
        string script = Path.Combine(_folder, "late.sh");
        IReadOnlyList<string> launcher = MpiJob.OnThisMachine(library, 3);
        File.WriteAllText(
            script,
            "#!/bin/sh\n[ \"${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\" = 1 ] && exec sleep 600\nexec \"$@\"\n"
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using MpiJob job = MpiJob.Start([.. launcher, script], Arguments("late", ["--steps", "4", "--rank-limit", "3s"]));
        int code = job.Wait(TimeSpan.FromSeconds(60));
        log.WriteLine(job.Text);
        Assert.Contains(" is here, but not all of the 3 ", job.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("rank 1 is here", job.Text, StringComparison.Ordinal);
        Assert.True(library == "openmpi" ? code == 75 : code is not (0 or 124), $"{code}"); // MPICH's reports how it ended the sleeper
    }

    private static void Signal(string signal, int process)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private void Run(string output, string library, int ranks, IReadOnlyList<string> flags, string? config = null)
    {
        using MpiJob job = MpiJob.Start(library, ranks, Arguments(output, flags, config));
        int code = job.Wait(TimeSpan.FromMinutes(20));
        Assert.True(code == 0, $"{library}, {ranks} ranks: {code}\n{job.Text}");
    }

    private string[] Arguments(string output, IReadOnlyList<string> flags, string? config = null) =>
        [
            "pretrain",
            "--model-config",
            config ?? Config(2, 32, 2),
            "--tokenizer",
            Path.Combine(TestData.Root, "models", "graft-small-plain"),
            "--corpus",
            Path.Combine(TestData.Root, "samples", "prose.txt"),
            "--held-out",
            "0",
            "--output",
            Path.Combine(_folder, output),
            "--batch-size",
            "16",
            "--max-length",
            "32",
            "--dropout",
            "0.1",
            "--gradient-groups",
            "8",
            .. flags,
        ];

    private string Config(int layers, int width, int heads)
    {
        string path = Path.Combine(_folder, $"bert-{layers}x{width}.json");
        File.WriteAllText(
            path,
            new JsonObject
            {
                ["model_type"] = "bert",
                ["vocab_size"] = 1000,
                ["hidden_size"] = width,
                ["num_hidden_layers"] = layers,
                ["num_attention_heads"] = heads,
                ["intermediate_size"] = 4 * width,
                ["max_position_embeddings"] = 64,
            }.ToJsonString()
        );
        return path;
    }

    private byte[] Bytes(string run, string file) => File.ReadAllBytes(Path.Combine(_folder, run, file));

    private double[] Losses(string run) =>
        [
            .. File.ReadLines(Path.Combine(_folder, run, "metrics.jsonl"))
                .Select(line => (double?)JsonNode.Parse(line)!["loss"])
                .OfType<double>(),
        ];

    private void AwaitUpdates(string run, int updates)
    {
        string path = Path.Combine(_folder, run, "metrics.jsonl");
        for (int waited = 0; !File.Exists(path) || File.ReadLines(path).Count() < updates; waited++)
        {
            Assert.True(waited < 12_000, $"{updates} updates were not made in ten minutes");
            Thread.Sleep(50);
        }
    }
}
