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

    /// <summary>
    /// Each rank does its own work, however long it takes; they meet meanwhile, so that one that is gone is named within the limit.
    /// Returns when all are done.
    /// </summary>
    /// <param name="processes">The ranks.</param>
    /// <param name="work">What this rank does, on a thread of its own; the token says that any rank is to stop.</param>
    /// <param name="cancellationToken">Stops the work of all ranks.</param>
    /// <exception cref="OperationCanceledException">A rank was told to stop: all have.</exception>
    /// <exception cref="RankMissingException">A rank did not come within the limit.</exception>
    public static void WorkTogether(
        this IProcessGroup processes,
        Action<CancellationToken> work,
        CancellationToken cancellationToken
    )
    {
        const byte working = 1, stopping = 2, cut = 4;
        using CancellationTokenSource stop = new();
        System.Threading.Tasks.Task own = System.Threading.Tasks.Task.Run(() => work(stop.Token), stop.Token);
        byte all;
        do
        {
            _ = System.Threading.Tasks.Task.WaitAny([own], TimeSpan.FromMilliseconds(50));
            if (own.IsFaulted) own.GetAwaiter().GetResult(); // what ends one rank ends all
            byte wish = !own.IsCompleted ? working : own.IsCanceled ? cut : (byte)0;
            if (cancellationToken.IsCancellationRequested) wish |= stopping;
            all = processes.Meet(wish, wishes => new MeetingResult(wishes, 0)).Order;
            if ((all & stopping) != 0) stop.Cancel();
        } while ((all & working) != 0);

        if ((all & cut) != 0) throw new OperationCanceledException(cancellationToken);
    }
}
