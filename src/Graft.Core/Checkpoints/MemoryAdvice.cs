using System.Runtime.InteropServices;

namespace Graft.Checkpoints;

/// <summary>
/// Hints to the system about ranges of memory (Linux; elsewhere nothing happens). They change the time and the memory in use, never the
/// content. Loading 440 MB of weights costs a third of the time with them: half of it is page faults otherwise.
/// </summary>
internal static unsafe partial class MemoryAdvice
{
    private const int DontNeed = 4, HugePage = 14, PopulateRead = 22;

    /// <summary>Maps the pages of a range that is about to be read, in one call instead of a fault each.</summary>
    public static void WillRead(byte* start, long count) => Advise((nint)start, (nint)count, PopulateRead, wholePagesOnly: false);

    /// <summary>
    /// Hands back the pages of a mapped file that will not be read again soon. Only whole pages: the first and last may belong to
    /// neighbours.
    /// </summary>
    public static void HasRead(byte* start, long count) => Advise((nint)start, (nint)count, DontNeed, wholePagesOnly: true);

    /// <summary>
    /// Asks for large pages where a large buffer is about to be filled for the first time. They may reach into neighbours, which are being
    /// filled too.
    /// </summary>
    public static void WillFill(void* start, long count) => Advise((nint)start, (nint)count, HugePage, wholePagesOnly: false);

    private static void Advise(nint start, nint count, int advice, bool wholePagesOnly)
    {
        if (!OperatingSystem.IsLinux()) return;
        nint page = Environment.SystemPageSize;
        nint first = (wholePagesOnly ? start + page - 1 : start) / page * page;
        nint end = (wholePagesOnly ? start + count : start + count + page - 1) / page * page;
        // An older kernel that does not know an advice refuses it, which is as good.
        if (end > first) _ = Advise(first, (nuint)(end - first), advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
