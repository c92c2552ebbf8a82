using System.Globalization;

namespace Graft.Torch.Dropout;

/// <summary>
/// The randomness of all dropouts of one micro-batch. Every row (token) has a 64-bit key of its sequence and its position, so the mask of
/// a value depends on (seed, sequence, position, site, element) only: packing, padding and the split into micro-batches change nothing,
/// and a resumed run draws the same masks. Masks are never stored; the backward pass makes them again.
/// </summary>
/// <remarks>
/// Sequence numbers are the caller's: what identifies an example inside one optimizer batch (for instance its place in that batch).
/// The seed is that of the update, <c>CounterRandom.Key(seed, step)</c>, the same for all its micro-batches.
/// </remarks>
internal sealed class DropoutPlan
{
    private readonly ulong[] _tokenKeys;
    private readonly ulong[] _sequenceKeys;

    private DropoutPlan(ulong seed, ulong[] tokenKeys, ulong[] sequenceKeys)
    {
        Seed = seed;
        _tokenKeys = tokenKeys;
        _sequenceKeys = sequenceKeys;
    }

    /// <summary>The update's seed.</summary>
    public ulong Seed { get; }

    /// <summary>A plan for a padded batch: rows are [B, T] in row-major order, positions count from each row's start.</summary>
    /// <param name="seed">The update's seed.</param>
    /// <param name="sequences">A number for each of the B sequences, unique in the optimizer batch.</param>
    /// <param name="paddedLength">T.</param>
    public static DropoutPlan Padded(ulong seed, ReadOnlySpan<long> sequences, int paddedLength)
    {
        int[] lengths = new int[sequences.Length];
        Array.Fill(lengths, paddedLength);
        return Packed(seed, sequences, lengths);
    }

    /// <summary>A plan for a packed batch: rows are the sequences' tokens one after the other.</summary>
    /// <param name="seed">The update's seed.</param>
    /// <param name="sequences">A number for each sequence, unique in the optimizer batch.</param>
    /// <param name="lengths">Each sequence's number of tokens.</param>
    public static DropoutPlan Packed(ulong seed, ReadOnlySpan<long> sequences, ReadOnlySpan<int> lengths)
    {
        if (sequences.Length != lengths.Length) throw new ArgumentException("one length a sequence", nameof(lengths));
        ulong[] sequenceKeys = new ulong[sequences.Length];
        for (int s = 0; s < sequences.Length; s++) sequenceKeys[s] = CounterRandom.Key(seed, (ulong)sequences[s]);
        return OfKeys(seed, sequenceKeys, lengths);
    }

    /// <summary>The plan of the same sequences in a padded batch: every token keeps its masks.</summary>
    /// <param name="paddedLength">T, at least the longest sequence's tokens.</param>
    internal DropoutPlan ToPadded(int paddedLength)
    {
        int[] lengths = new int[_sequenceKeys.Length];
        Array.Fill(lengths, paddedLength);
        return OfKeys(Seed, _sequenceKeys, lengths);
    }

    private static DropoutPlan OfKeys(ulong seed, ulong[] sequenceKeys, ReadOnlySpan<int> lengths)
    {
        int tokens = 0;
        foreach (int length in lengths) tokens += length;
        ulong[] tokenKeys = new ulong[tokens];
        int row = 0;
        for (int s = 0; s < sequenceKeys.Length; s++)
        {
            for (int position = 0; position < lengths[s]; position++)
                tokenKeys[row++] = CounterRandom.Mix(sequenceKeys[s] + (ulong)position);
        }

        return new DropoutPlan(seed, tokenKeys, sequenceKeys);
    }

    /// <summary>The dropout site of a number: each place in the model that drops has its own.</summary>
    public DropoutSite Site(int number) => new(this, number);

    /// <summary>True for a tensor with one row a token or one a sequence.</summary>
    internal bool Covers(long rows) => rows == _tokenKeys.Length || rows == _sequenceKeys.Length;

    /// <summary>The keys of a tensor's rows: one a token, or one a sequence (pooled states).</summary>
    /// <param name="rows">The number of rows of the tensor that is dropped.</param>
    /// <exception cref="ArgumentException">The number of rows is neither that of the tokens nor that of the sequences.</exception>
    internal ulong[] Keys(long rows)
    {
        if (rows == _tokenKeys.Length) return _tokenKeys;
        if (rows == _sequenceKeys.Length) return _sequenceKeys;
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"dropout on {rows} rows, but the plan has {_tokenKeys.Length} tokens in {_sequenceKeys.Length} sequences"
        );
        throw new ArgumentException(message, nameof(rows));
    }
}

/// <summary>
/// One place in the model where values are dropped: a plan and the place's number, or <see cref="None"/> (evaluation: nothing is dropped).
/// Number sites as layer · K + i, so that no two places share masks.
/// </summary>
/// <param name="Plan">The micro-batch's plan; null in evaluation.</param>
/// <param name="Number">The place's number, at least 0.</param>
internal readonly record struct DropoutSite(DropoutPlan? Plan, int Number)
{
    /// <summary>Nothing is dropped: evaluation.</summary>
    public static DropoutSite None => default;

    /// <summary>True where the site drops at a positive probability.</summary>
    internal bool Drops(double probability)
    {
        if (probability is < 0 or >= 1)
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "a dropout probability lies in [0, 1)");
        return Plan is not null && probability > 0;
    }
}
