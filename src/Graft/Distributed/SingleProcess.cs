namespace Graft.Distributed;

/// <summary>The group of a process that is alone: nothing is sent.</summary>
internal sealed class SingleProcess : IProcessGroup
{
    /// <summary>The only one.</summary>
    public static SingleProcess Instance { get; } = new();

    private SingleProcess()
    {
    }

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public int LocalRank => 0;

    /// <inheritdoc/>
    public int LocalSize => 1;

    /// <inheritdoc/>
    public int Processors => Environment.ProcessorCount;

    /// <inheritdoc/>
    public string Description => "one process";

    /// <inheritdoc/>
    public void AllToAll(IReadOnlyList<RankMessage> send, IReadOnlyList<RankMessage> receive)
    {
    }

    /// <inheritdoc/>
    public void AllGather(nint buffer, IReadOnlyList<long> cuts)
    {
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data)
    {
    }

    /// <inheritdoc/>
    public MeetingResult Meet(byte wish, Func<byte, MeetingResult> decide) => decide(wish);

    /// <inheritdoc/>
    public void WaitForFirst()
    {
    }

    /// <inheritdoc/>
    public void Abort(int code) => Environment.Exit(code);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
