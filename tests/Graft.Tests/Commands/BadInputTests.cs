using System.Buffers.Binary;
using System.Diagnostics;
using Graft.Cli;
using Graft.Tests.Tasks;

namespace Graft.Tests.Commands;

/// <summary>
/// What a user gets for input that cannot be used: one line, exit code 2, nothing written. For a disk that refuses: the same with 1.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class BadInputTests : IDisposable
{
    private readonly TinyBert _tiny = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-bad-input-").FullName;

    private string Output => Path.Combine(_folder, "run");

    public void Dispose()
    {
        _tiny.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public Task AMissingFile() => Refused("nowhere.tsv", Finetune("nowhere.tsv"));

    [Fact]
    public Task AWrongColumn() => Refused("\"stars\"", [.. Finetune(Good()), "--label-column", "stars"]);

    [Fact]
    public Task AnEmptyFile() => Refused("empty.tsv", Finetune(Write("empty.tsv", "")));

    [Fact]
    public Task AHeaderAndNothingElse() => Refused("header.tsv", Finetune(Write("header.tsv", "text\tlabel\n")));

    [Fact]
    public Task AnUnknownLabel() =>
        Refused("\"maybe\"", [.. Finetune(Good()), "--eval", Write("dev.tsv", "text\tlabel\ngood fine\tmaybe\nbad poor\tmaybe\n")]);

    [Fact]
    public Task BrokenUTF8()
    {
        string path = Path.Combine(_folder, "broken.tsv");
        File.WriteAllBytes(path, [.. "text\tlabel\ngood "u8, 0xC3, 0x28, .. "\tyes\n"u8]);
        return Refused("broken.tsv", Finetune(path));
    }

    [Fact]
    public Task ATruncatedCheckpoint()
    {
        string weights = Path.Combine(_tiny.ModelFolder, "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights).AsSpan(0, 5000));
        return Refused("model.safetensors", Finetune(Good()));
    }

    [Fact]
    public Task AHostileCheckpoint()
    {
        byte[] file = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue); // a header as long as can be said
        File.WriteAllBytes(Path.Combine(_tiny.ModelFolder, "model.safetensors"), file);
        return Refused("model.safetensors", Finetune(Good()));
    }

    [Fact]
    public Task APickleThatWouldRunSomething()
    {
        File.Delete(Path.Combine(_tiny.ModelFolder, "model.safetensors"));
        File.WriteAllText(Path.Combine(_tiny.ModelFolder, "pytorch_model.bin"), "cos\nsystem\n(S'true'\ntR.");
        return Refused("pytorch_model.bin", Finetune(Good()));
    }

    [Fact]
    public Task AWrongModelType()
    {
        string config = Path.Combine(_tiny.ModelFolder, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"bert\"", "\"llama\"", StringComparison.Ordinal));
        return Refused("\"llama\"", Finetune(Good()));
    }

    [Fact]
    public async Task AFolderThatCannotBeMadeIsExitCode1()
    {
        string file = Write("file", "in the way");
        (int exitCode, string error) = await Run([.. Finetune(Good())[..^1], Path.Combine(file, "run")]);
        Assert.Equal(1, exitCode);
        AssertOneLine(error, "run");
        Assert.Equal("in the way", File.ReadAllText(file));
    }

    [Fact]
    public async Task ADiskWithoutRoomIsExitCode1AndLeavesNoHalfFile()
    {
        string graft = Path.Combine(TestData.Root, "artifacts", "bin", "Graft.Cli", "release", "graft");
        if (!OperatingSystem.IsLinux() || !File.Exists("/bin/bash") || !File.Exists(graft))
            Assert.Skip("needs Linux, bash and the built command");
        // No file may be longer than 16 blocks: the weights do not fit. Data and code pages of the runtime are no files then.
        string line =
            $"trap '' XFSZ; ulimit -f 16; exec '{graft}' {string.Join(' ', Finetune(Good()).Select(argument => $"'{argument}'"))}";
        ProcessStartInfo start = new("/bin/bash", ["-c", line])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        AssertOneLine(error.TrimEnd('\n').Split('\n')[^1], "cannot be written");
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        string[] left = Directory.Exists(Output)
            ? [.. Directory.EnumerateFileSystemEntries(Output, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!)]
            : [];
        Assert.DoesNotContain(left, name =>
            name.EndsWith(".partial", StringComparison.Ordinal) || name.EndsWith(".safetensors", StringComparison.Ordinal)
        );
    }

    private string Good() => Write("train.tsv", "text\tlabel\n" + string.Concat(Enumerable.Repeat("good fine\tyes\nbad poor\tno\n", 8)));

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private string[] Finetune(string train) =>
        [
            "finetune",
            "--model",
            _tiny.ModelFolder,
            "--task",
            "text-classification",
            "--epochs",
            "1",
            "--checkpoint-every",
            "1",
            "--train",
            train,
            "--output",
            Output,
        ];

    private async Task Refused(string named, string[] arguments)
    {
        (int exitCode, string error) = await Run(arguments);
        Assert.Equal(2, exitCode);
        AssertOneLine(error, named);
        Assert.False(Directory.Exists(Output), "nothing is left behind");
    }

    private static void AssertOneLine(string error, string named)
    {
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'), line => line.StartsWith("graft:", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Error)> Run(string[] arguments)
    {
        TextWriter before = Console.Error;
        using StringWriter error = new();
        Console.SetError(error);
        try
        {
            return (await GraftCommandLine.RunAsync(arguments), error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
