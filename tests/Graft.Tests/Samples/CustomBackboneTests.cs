using System.Diagnostics;

namespace Graft.Tests.Samples;

/// <summary>samples/CustomBackbone: a family from outside the assembly, by public API only, is built and run.</summary>
[Trait("Category", "Slow")]
public sealed class CustomBackboneTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFamilyRegisteredByCodeIsTrainedSavedAndLoaded()
    {
        string project = Path.Combine(TestData.Root, "samples", "CustomBackbone");
        Assert.InRange(Directory.GetFiles(project, "*.cs").Sum(file => File.ReadAllLines(file).Length), 1, 149);
        Assert.DoesNotContain("InternalsVisibleTo Include=\"CustomBackbone\"", File.ReadAllText(Path.Combine(TestData.Root, "src", "Graft", "Graft.csproj")), StringComparison.Ordinal);
        (int built, string log) = Run("build", project, "-v", "q", "-nodeReuse:false");
        Assert.True(built == 0, log);
        string program = Path.Combine(TestData.Root, "artifacts", "bin", "CustomBackbone", "release", "CustomBackbone.dll");
        (int ended, string output) = Run(program, TestData.Root, _folder.Path);
        Assert.True(ended == 0, output);
        Assert.Contains("accuracy", output, StringComparison.Ordinal);
        Assert.Contains("\"primer\"", File.ReadAllText(Path.Combine(_folder.Path, "run", "config.json")), StringComparison.Ordinal);
    }

    private static (int Exit, string Output) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
