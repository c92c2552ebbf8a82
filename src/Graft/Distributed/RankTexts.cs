using System.Text;

namespace Graft.Distributed;

/// <summary>A short text of every rank, on every rank.</summary>
internal static class RankTexts
{
    private const int MostBytes = 512;

    /// <summary>Gathers them; what is longer is cut.</summary>
    public static unsafe string[] Gather(IProcessGroup processes, string mine)
    {
        byte[] all = new byte[MostBytes * processes.Size];
        Encoding.UTF8.GetEncoder().Convert(mine, all.AsSpan(MostBytes * processes.Rank, MostBytes), flush: true, out _, out _, out _);
        fixed (byte* address = all)
            processes.AllGather((nint)address, [.. Enumerable.Range(0, processes.Size + 1).Select(rank => (long)MostBytes * rank)]);
        return
        [
            .. Enumerable.Range(0, processes.Size).Select(rank => Encoding.UTF8.GetString(all, MostBytes * rank, MostBytes).TrimEnd('\0')),
        ];
    }
}
