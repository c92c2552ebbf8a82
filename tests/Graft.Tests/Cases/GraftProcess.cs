using System.Diagnostics;
using System.Text;

namespace Graft.Tests.Cases;

/// <summary>What a command left.</summary>
/// <param name="ExitCode">124 where it was stopped.</param>
/// <param name="Output">Of stdout.</param>
/// <param name="Error">Of stderr.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>The command line as users run it: a process of its own, in a folder of its own.</summary>
internal static class GraftProcess
{
    /// <summary>Runs <c>graft</c> to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">The working folder.</param>
    /// <param name="input">Bytes on stdin.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="limit">The time allowed.</param>
    public static CommandResult Run(
        IEnumerable<string> arguments,
        string folder,
        byte[]? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? limit = null
    )
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Graft.Cli.exe" : "Graft.Cli"))
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["GRAFT_THREADS"] = "2";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        Feed(process, input ?? []);
        if (!process.WaitForExit(limit ?? TimeSpan.FromMinutes(4)))
        {
            process.Kill(entireProcessTree: true);
            return new(124, "", "no answer in time");
        }

        process.WaitForExit();
        return new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    private static void Feed(Process process, byte[] input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended without reading its input.
        }
    }
}
