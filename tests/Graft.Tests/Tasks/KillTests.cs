using System.Diagnostics;

namespace Graft.Tests.Tasks;

/// <summary>
/// The process is killed without warning at random moments, resumed, and ends with the weights of a run that nobody touched.
/// </summary>
public sealed class KillTests : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public void KilledAnywhereItResumesToTheSameBits()
    {
        string train = _tiny.Reviews("train.tsv", 200);
        Assert.Equal(0, Run(train, "whole", killAfterStep: null));
        CounterRandom random = new((ulong)Environment.TickCount64);
        for (int kill = 0; kill < 2; kill++)
            Run(train, "killed", killAfterStep: 1 + random.NextInt(30)); // after so many more lines of its log
        Assert.Equal(0, Run(train, "killed", killAfterStep: null));
        Assert.Equal(
            File.ReadAllBytes(_tiny.PathOf("whole/model.safetensors")),
            File.ReadAllBytes(_tiny.PathOf("killed/model.safetensors"))
        );
    }

    private int Run(string train, string output, int? killAfterStep)
    {
        ProcessStartInfo start = new("dotnet") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Graft.Cli.dll"),
            "finetune",
            "--model",
            _tiny.ModelFolder,
            "--task",
            "text-classification",
            "--train",
            train,
            "--output",
            _tiny.PathOf(output),
            "--epochs",
            "6",
            "--batch-size",
            "16",
            "--learning-rate",
            "1e-3",
            "--max-length",
            "32",
            "--checkpoint-every",
            "7",
            "--resume",
        ];
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        // The choice of another machine or moment is part of the record; here both runs begin anew.
        start.Environment["GRAFT_MATRIX_PRODUCT"] = "onednn";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string log = Path.Combine(_tiny.PathOf(output), "metrics.jsonl");
        int seen = Lines(log);
        Stopwatch watch = Stopwatch.StartNew();
        while (!process.HasExited)
        {
            if (watch.Elapsed > s_longest) process.Kill();
            if (killAfterStep is int step && Lines(log) >= seen + step) process.Kill();
            Thread.Sleep(1);
        }

        process.WaitForExit();
        if (killAfterStep is null) Assert.True(process.ExitCode == 0, errors.Result);
        return process.ExitCode;
    }

    private static int Lines(string path)
    {
        if (!File.Exists(path)) return 0;
        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        int lines = 0;
        while (reader.ReadLine() is not null) lines++;
        return lines;
    }
}
