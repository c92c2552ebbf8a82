using System.Diagnostics;
using System.Text;

namespace Graft.Packages.Tests;

/// <summary>A process and what it said.</summary>
internal sealed record ProcessRun(int ExitCode, string Output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    /// <summary>Variables with which the test's own runner steers its children; a program started by a user has none of them.</summary>
    private static readonly string[] s_runners = ["MSBUILD", "TESTINGPLATFORM", "DOTNET_CLI_TEST", "XUNIT", "VSTEST"];

    public static ProcessRun Of(string program, string folder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (
            string name in start
                .Environment.Keys.Where(name => s_runners.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                .ToArray()
        )
            start.Environment.Remove(name);
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder output = new();
        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                if (line.Data is not null) output.AppendLine(line.Data);
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)}: still running after {s_limit}\n{output}");
        }

        process.WaitForExit();
        return new ProcessRun(process.ExitCode, output.ToString());
    }

    /// <summary>Fails the test with what the process said unless it ended well.</summary>
    public ProcessRun Ok()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}");
        return this;
    }
}
