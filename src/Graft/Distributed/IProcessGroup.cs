namespace Graft.Distributed;

/// <summary>
/// Processes that train one model together, each with a share of every batch. Ranks run the same program with the same options; what they
/// ask of the group they ask in the same order. Numbers are handed over as addresses, so that a group whose memory is a device's fits the
/// same places (docs/decisions/0005-process-groups.md).
/// </summary>
public interface IProcessGroup : IDisposable
{
    /// <summary>This process, from 0.</summary>
    int Rank { get; }

    /// <summary>The number of processes.</summary>
    int Size { get; }

    /// <summary>This process among those of its machine, from 0.</summary>
    int LocalRank { get; }

    /// <summary>The processes of this machine.</summary>
    int LocalSize { get; }

    /// <summary>The processors that this process may use without taking them from another of its machine.</summary>
    int Processors { get; }

    /// <summary>What was found, for people: the launcher, the library, where this rank is.</summary>
    string Description { get; }

    /// <summary>Sends and receives messages; those between the same two ranks arrive in their order. Returns when all are done.</summary>
    /// <param name="send">To others; not touched until this returns.</param>
    /// <param name="receive">From others, each of the size it is sent with.</param>
    /// <exception cref="RankMissingException">A rank did not take part within the limit.</exception>
    internal void AllToAll(IReadOnlyList<RankMessage> send, IReadOnlyList<RankMessage> receive);

    /// <summary>Gives every rank the parts of all others.</summary>
    /// <param name="buffer">The whole; this rank's part is filled in.</param>
    /// <param name="cuts">Where each rank's part begins, in bytes, and where the last ends: one more than ranks.</param>
    /// <exception cref="RankMissingException">A rank did not take part within the limit.</exception>
    void AllGather(nint buffer, IReadOnlyList<long> cuts);

    /// <summary>Gives every rank what rank 0 has.</summary>
    /// <exception cref="RankMissingException">A rank did not take part within the limit.</exception>
    void Broadcast(Span<byte> data);

    /// <summary>Waits until all ranks are here, and names those who do not come.</summary>
    /// <param name="wish">Bits that this rank brings.</param>
    /// <param name="decide">What rank 0 makes of the bits that any rank brought; asked on rank 0 only.</param>
    /// <returns>Rank 0's decision, the same on all ranks.</returns>
    /// <exception cref="RankMissingException">A rank did not come within the limit.</exception>
    MeetingResult Meet(byte wish, Func<byte, MeetingResult> decide);

    /// <summary>The same where what rank 0 is doing may take hours: without a limit.</summary>
    void WaitForFirst();

    /// <summary>Ends the processes of all ranks at once.</summary>
    /// <param name="code">The exit code of them all.</param>
    void Abort(int code);
}

/// <summary>Bytes for another rank, or room for bytes from it.</summary>
/// <param name="Rank">The other.</param>
/// <param name="Address">Where they are; of memory that does not move.</param>
/// <param name="Bytes">How many.</param>
internal readonly record struct RankMessage(int Rank, nint Address, long Bytes);

/// <summary>What rank 0 decided where all met.</summary>
/// <param name="Order">Bits whose meaning is the caller's.</param>
/// <param name="Value">A number that goes with them: rank 0's clock.</param>
public readonly record struct MeetingResult(byte Order, double Value);

/// <summary>
/// A rank did not come within the limit: it died, was stopped, or cannot be reached. A restart from the newest checkpoint may help; the
/// command line ends with 75.
/// </summary>
public sealed class RankMissingException : Exception
{
    /// <summary>Creates the error with its one-line message, which names the rank.</summary>
    public RankMissingException(string message)
        : base(message)
    {
    }
}
