using System.Diagnostics;
using System.Globalization;

namespace Graft.Tests.Distributed;

/// <summary>Two "machines" on this one: network namespaces with a cable between them, and host names of their own.</summary>
internal sealed class TwoNodes : IDisposable
{
    private readonly string _a, _b, _cable, _agent;

    private TwoNodes(string folder)
    {
        string id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        (_a, _b, _cable) = ("ga" + id, "gb" + id, "gv" + id);
        _agent = Path.Combine(folder, "agent");
        try
        {
            Require("netns", "add", _a);
            Require("netns", "add", _b);
            Require("link", "add", _cable, "netns", _a, "type", "veth", "peer", "name", _cable, "netns", _b);
            foreach ((string node, string address) in (IEnumerable<(string, string)>)[(_a, "10.78.0.1/24"), (_b, "10.78.0.2/24")])
            {
                Require("-n", node, "link", "set", "lo", "up");
                Require("-n", node, "link", "set", _cable, "up");
                Require("-n", node, "addr", "add", address, "dev", _cable);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        // In place of ssh: the command in the namespace of the address.
        File.WriteAllText(
            _agent,
            $"""
            #!/bin/bash
            while [[ "$1" == -* ]]; do shift; done
            case $1 in 10.78.0.1) node={_a} ;; *) node={_b} ;; esac
            shift
            exec ip netns exec $node unshare --uts sh -c "hostname $node; $*"
            """ + "\n"
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>What MPICH needs in its environment.</summary>
    public static IReadOnlyDictionary<string, string> Environments { get; } = new Dictionary<string, string> { ["UCX_TLS"] = "tcp,self" };

    /// <summary>Makes them; the test is skipped where that is not allowed.</summary>
    /// <param name="folder">For a script.</param>
    public static TwoNodes Create(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root makes network namespaces");
        Assert.SkipUnless(Run("-V") == 0, "ip is not there: apt-get install iproute2");
        return new TwoNodes(folder);
    }

    /// <summary>The launcher on the first of them, for as many ranks on each.</summary>
    public IReadOnlyList<string> Launcher(string library, int each)
    {
        string ranks = (2 * each).ToString(CultureInfo.InvariantCulture), slots = each.ToString(CultureInfo.InvariantCulture);
        string[] first = ["ip", "netns", "exec", _a, "unshare", "--uts", "sh", "-c", $"hostname {_a}; exec \"$@\"", "sh"];
        string[] mpi = library == "openmpi"
            ?
            [
                "-H",
                $"10.78.0.1:{slots},10.78.0.2:{slots}",
                "--mca",
                "plm_rsh_agent",
                _agent,
                "--mca",
                "btl_tcp_if_include",
                "10.78.0.0/24",
                "--mca",
                "oob_tcp_if_include",
                "10.78.0.0/24",
                "--bind-to",
                "none",
                "-np",
                ranks,
            ]
            : ["-launcher", "ssh", "-launcher-exec", _agent, "-hosts", "10.78.0.1,10.78.0.2", "-ppn", slots, "-n", ranks];
        return [.. first, MpiJob.Launcher(library), .. mpi];
    }

    /// <summary>Cuts the cable, or mends it.</summary>
    public void Link(bool isUp) => Require("-n", _a, "link", "set", _cable, isUp ? "up" : "down");

    /// <summary>Ends what still runs on them.</summary>
    public void End()
    {
        foreach (string node in (string[])[_a, _b])
        {
            using Process list = Process.Start(Quiet("netns", "pids", node))!;
            foreach (string id in list.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using Process kill = Process.Start("kill", ["-KILL", id]);
                kill.WaitForExit();
            }
        }
    }

    public void Dispose()
    {
        End();
        _ = Run("netns", "del", _a);
        _ = Run("netns", "del", _b);
    }

    private static void Require(params string[] arguments) =>
        Assert.True(Run(arguments) == 0, $"ip {string.Join(' ', arguments)} failed");

    private static ProcessStartInfo Quiet(params string[] arguments) => new("ip", arguments)
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static int Run(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(Quiet(arguments))!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
