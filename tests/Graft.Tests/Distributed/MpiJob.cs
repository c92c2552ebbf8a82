using System.Diagnostics;
using System.Globalization;

namespace Graft.Tests.Distributed;

/// <summary>
/// The command line on several ranks, as mpirun or mpiexec starts it; a limit of time around all, because mpirun itself hangs where a rank
/// does.
/// </summary>
internal sealed class MpiJob : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);
    private readonly Process _process;
    private readonly Task<string> _output, _error;

    private MpiJob(Process process)
    {
        _process = process;
        (_output, _error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>Everything written, of all ranks.</summary>
    public string Text => _output.GetAwaiter().GetResult() + _error.GetAwaiter().GetResult();

    /// <summary>The launcher of a library: Debian's own name where several are installed.</summary>
    /// <param name="library"><c>openmpi</c> or <c>mpich</c>.</param>
    public static string Launcher(string library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "MPI is tested on Linux");
        string name = library == "openmpi" ? "mpirun.openmpi" : "mpiexec.mpich";
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        if (found is null)
            Assert.Skip($"{name} is not there: apt-get install {(library == "openmpi" ? "openmpi-bin libopenmpi3" : "mpich")}");
        return found;
    }

    /// <summary>The command line itself.</summary>
    public static string Graft => Path.Combine(AppContext.BaseDirectory, "Graft.Cli");

    /// <summary>Starts ranks; 1 without a launcher.</summary>
    public static MpiJob Start(
        string library,
        int ranks,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null
    ) => Start(ranks == 1 ? [] : OnThisMachine(library, ranks), arguments, environment);

    /// <summary>How a library starts ranks on this machine.</summary>
    public static IReadOnlyList<string> OnThisMachine(string library, int ranks)
    {
        string count = ranks.ToString(CultureInfo.InvariantCulture);
        return library == "openmpi"
            ? [Launcher(library), "--oversubscribe", "--bind-to", "none", "-np", count]
            : [Launcher(library), "-np", count];
    }

    /// <summary>Starts ranks through a launcher.</summary>
    public static MpiJob Start(
        IReadOnlyList<string> launcher,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        ProcessStartInfo start = new()
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] command = [.. launcher, Graft, .. arguments];
        start.FileName = command[0];
        foreach (string argument in command[1..]) start.ArgumentList.Add(argument);
        start.Environment["GRAFT_THREADS"] = "1";
        (start.Environment["OMPI_ALLOW_RUN_AS_ROOT"], start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) = ("1", "1");
        foreach ((string key, string value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        return new MpiJob(Process.Start(start)!);
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code; 124 where it was stopped.</returns>
    public int Wait(TimeSpan? limit = null)
    {
        if (_process.WaitForExit(limit ?? s_limit)) return _process.ExitCode;
        _process.Kill(entireProcessTree: true);
        return 124;
    }

    /// <summary>Sends a signal to the launcher.</summary>
    public void Signal(string name) => Send(name, _process.Id);

    /// <summary>Sends a signal to a rank.</summary>
    public void SignalRank(string name, int rank) => Send(name, Ranks()[rank]);

    /// <summary>The processes of the ranks, in the order in which they were started.</summary>
    public IReadOnlyList<int> Ranks()
    {
        Dictionary<int, int> parents = [];
        List<int> ranks = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                string[] status = File.ReadAllLines(Path.Combine(folder, "status"));
                parents[id] = int.Parse(
                    status.First(line => line.StartsWith("PPid:", StringComparison.Ordinal)).AsSpan(5),
                    CultureInfo.InvariantCulture
                );
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0')[0].EndsWith("Graft.Cli", StringComparison.Ordinal))
                    ranks.Add(id);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // It has ended meanwhile.
            }
        }

        bool IsOurs(int id) => id == _process.Id || (parents.TryGetValue(id, out int parent) && parent > 1 && IsOurs(parent));
        return [.. ranks.Where(IsOurs).Order()];
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static void Send(string signal, int process)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
