using System.Diagnostics;

namespace Graft.Tests.Samples;

/// <summary>A program of <c>samples/</c>: outside the solution, on the public API, built and run as a user would.</summary>
internal static class SampleProgram
{
    private const int MostLines = 150;

    /// <summary>Builds the sample, which may have no warning, and runs it.</summary>
    /// <returns>What it prints on stdout.</returns>
    public static string Run(string name, params string[] arguments)
    {
        string project = Path.Combine(TestData.Root, "samples", name);
        Assert.InRange(Directory.EnumerateFiles(project, "*.cs").Sum(file => File.ReadLines(file).Count()), 1, MostLines - 1);
        foreach (string assembly in (string[])["Graft", "Graft.Core", "Graft.Tokenizers"])
            Assert.DoesNotContain(
                $"InternalsVisibleTo Include=\"{name}\"",
                File.ReadAllText(Path.Combine(TestData.Root, "src", assembly, assembly + ".csproj")),
                StringComparison.Ordinal
            );
        using (TreeBuild.Begin())
            Execute("dotnet", "build", project, "--nologo", "-warnaserror", "-nodeReuse:false");
        return Execute(
            Path.Combine(TestData.Root, "artifacts", "bin", name, "release", OperatingSystem.IsWindows() ? name + ".exe" : name),
            arguments
        );
    }

    private static string Execute(string program, params string[] arguments)
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
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {output}{errors.GetAwaiter().GetResult()}");
        return output;
    }
}
