using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Native;

/// <summary>What the process holds: for leak tests, progress lines and reports.</summary>
public static class Memory
{
    /// <summary>The tensors whose native memory has not been released.</summary>
    public static long LiveTensors => Tensor.TotalCount;

    /// <summary>The process's resident memory in bytes.</summary>
    public static long Resident => Status("VmRSS:") ?? Environment.WorkingSet;

    /// <summary>The most resident memory the process has had, in bytes.</summary>
    public static long PeakResident => Status("VmHWM:") ?? System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>
    /// Everything made until disposal is released with it, except what <c>MoveToOuterDisposeScope</c> saves: one a micro-batch. Scopes
    /// belong to a thread: never await inside.
    /// </summary>
    public static DisposeScope Scope() => NewDisposeScope();

    private static long? Status(string key)
    {
        if (!OperatingSystem.IsLinux()) return null;
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
                return long.Parse(
                        line.AsSpan(key.Length).Trim().ToString().Split(' ')[0],
                        System.Globalization.CultureInfo.InvariantCulture
                    ) * 1024;
        }

        return null;
    }
}
