using Graft.Torch.Compute;

namespace Graft.Distributed;

/// <summary>What several commands ask of a group.</summary>
internal static unsafe class ProcessGroupExtensions
{
    /// <summary>Rank 0's number, on all ranks.</summary>
    public static long OfFirst(this IProcessGroup processes, long number)
    {
        processes.Broadcast(new Span<byte>(&number, sizeof(long)));
        return number;
    }

    /// <summary>The context of a run: the matrix library that rank 0 would use, because each machine would choose for itself.</summary>
    public static ComputeContext Agree(this IProcessGroup processes, ComputeContext compute) =>
        processes.Size == 1 ? compute : compute with { Library = (MatrixLibrary)processes.OfFirst((long)compute.ResolvedLibrary) };

    /// <summary>A line for each rank on what its share of the work is, on rank 0; none elsewhere.</summary>
    public static IReadOnlyList<string> Tell(this IProcessGroup processes, string share)
    {
        string[] all = RankTexts.Gather(processes, share);
        return processes.Rank == 0 ? [.. all.Select((text, rank) => $"rank {rank,-5} {text}")] : [];
    }
}
