namespace Graft.Pretraining.Sequences;

/// <summary>A sequence as the model gets it, before anything is corrupted.</summary>
/// <param name="Ids">The tokens with their specials.</param>
/// <param name="Number">What identifies its text in the corpus: the same every time it is seen.</param>
/// <param name="Visit">How often it was seen before.</param>
public sealed record TrainingSequence(int[] Ids, ulong Number, ulong Visit)
{
    /// <summary>Segments; null for one segment.</summary>
    public int[]? TypeIds { get; init; }

    /// <summary>The sentence pair's label; −1 where there is no pair.</summary>
    public int PairLabel { get; init; } = -1;
}

/// <summary>
/// Sequences of a corpus in a training order: epoch after epoch, each in an order of its own. A function of (seed, index), entered
/// anywhere.
/// </summary>
internal interface ISequenceSource
{
    /// <summary>Sequences in an epoch.</summary>
    long PerEpoch { get; }

    /// <summary>The sequences at one place of the endless order; several where a window is cut at its documents.</summary>
    IReadOnlyList<TrainingSequence> At(long index);
}

/// <summary>The specials around a sequence.</summary>
/// <param name="First">[CLS]; null for none.</param>
/// <param name="Last">[SEP] behind each segment; null for none.</param>
internal readonly record struct SequenceFrame(int? First, int? Last)
{
    /// <summary>Number of specials around one segment.</summary>
    public int Count => (First is null ? 0 : 1) + (Last is null ? 0 : 1);

    /// <summary>[CLS] segment [SEP].</summary>
    public int[] Around(ReadOnlySpan<int> segment)
    {
        int[] ids = new int[segment.Length + Count];
        int start = First is null ? 0 : 1;
        if (First is int first) ids[0] = first;
        segment.CopyTo(ids.AsSpan(start));
        if (Last is int last) ids[^1] = last;
        return ids;
    }
}
