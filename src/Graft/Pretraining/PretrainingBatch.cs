using Graft.Layers;
using Graft.Torch.Dropout;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>Corrupted sequences one after the other, without padding; tensors are made when they are needed.</summary>
public sealed class PretrainingBatch : IMicroBatch
{
    private readonly int[] _boundaries;
    private readonly Func<PretrainingBatch, double[]> _count;

    /// <param name="sequences">The sequences.</param>
    /// <param name="firstPlace">The first one's place in the optimizer batch: what its dropout is keyed by.</param>
    /// <param name="count">Says what each loss term counts.</param>
    internal PretrainingBatch(IReadOnlyList<CorruptedSequence> sequences, int firstPlace, Func<PretrainingBatch, double[]> count)
    {
        (Sequences, FirstPlace, _count) = (sequences, firstPlace, count);
        _boundaries = new int[sequences.Count + 1];
        for (int i = 0; i < sequences.Count; i++) _boundaries[i + 1] = _boundaries[i] + sequences[i].Ids.Length;
        Counts = _count(this);
    }

    /// <summary>The sequences.</summary>
    public IReadOnlyList<CorruptedSequence> Sequences { get; }

    /// <inheritdoc/>
    public int Examples => Sequences.Count;

    /// <inheritdoc/>
    public long Tokens => _boundaries[^1];

    /// <inheritdoc/>
    public IReadOnlyList<double> Counts { get; }

    /// <summary>The first sequence's place in the optimizer batch.</summary>
    internal int FirstPlace { get; }

    /// <inheritdoc/>
    public string Describe() =>
        string.Join("; ", Sequences.Take(3).Select(sequence => "ids " + string.Join(' ', sequence.Original.Take(12)) + " …"));

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing but managed memory; tensors belong to the dispose scope they are made in.
    }

    /// <summary>The packed input of the corrupted sequences.</summary>
    /// <param name="seed">The update's seed; null for evaluation.</param>
    public EncoderInput Input(ulong? seed) => Input(seed, null);

    /// <summary>The packed input.</summary>
    /// <param name="seed">The update's seed; null for evaluation.</param>
    /// <param name="ids">Other ids of the same lengths, such as the discriminator's; null for the corrupted ones.</param>
    internal EncoderInput Input(ulong? seed, IReadOnlyList<int[]>? ids)
    {
        int[] lengths = [.. Sequences.Select(sequence => sequence.Ids.Length)];
        return new EncoderInput
        {
            InputIds = Flat(i => ids is null ? Sequences[i].Ids : ids[i]),
            TokenTypeIds = Sequences[0].TypeIds is null ? null : Flat(i => Sequences[i].TypeIds!),
            Boundaries = _boundaries,
            Dropout = seed is ulong key ? DropoutPlan.Packed(key, Places(), lengths) : null,
        };
    }

    /// <summary>A padded input, for families that are not run packed.</summary>
    /// <param name="seed">The update's seed; null for evaluation.</param>
    /// <param name="rows">The ids of each sequence.</param>
    /// <param name="padId">What fills them up.</param>
    internal EncoderInput Padded(ulong? seed, IReadOnlyList<int[]> rows, int padId)
    {
        int longest = rows.Max(row => row.Length);
        long[] ids = new long[rows.Count * longest], mask = new long[ids.Length];
        Array.Fill(ids, padId);
        for (int i = 0; i < rows.Count; i++)
        {
            for (int t = 0; t < rows[i].Length; t++) (ids[(i * longest) + t], mask[(i * longest) + t]) = (rows[i][t], 1);
        }

        return new EncoderInput
        {
            InputIds = tensor(ids, [rows.Count, longest], ScalarType.Int64),
            AttentionMask = tensor(mask, [rows.Count, longest], ScalarType.Int64),
            Dropout = seed is ulong key ? DropoutPlan.Padded(key, Places(), longest) : null,
        };
    }

    /// <summary>Rows of the packed hidden states, by sequence and index in it.</summary>
    public Tensor Rows(Func<CorruptedSequence, IEnumerable<int>> positions) =>
        tensor(
            Sequences.SelectMany((sequence, i) => positions(sequence).Select(position => (long)_boundaries[i] + position)).ToArray(),
            ScalarType.Int64
        );

    /// <summary>One number after the other, of all sequences.</summary>
    public Tensor Values(Func<CorruptedSequence, IEnumerable<int>> values) =>
        tensor(Sequences.SelectMany(values).Select(value => (long)value).ToArray(), ScalarType.Int64);

    private long[] Places() => [.. Enumerable.Range(FirstPlace, Sequences.Count).Select(place => (long)place)];

    private Tensor Flat(Func<int, int[]> values)
    {
        long[] flat = new long[_boundaries[^1]];
        for (int i = 0; i < Sequences.Count; i++)
        {
            int[] row = values(i);
            for (int t = 0; t < row.Length; t++) flat[_boundaries[i] + t] = row[t];
        }

        return tensor(flat, ScalarType.Int64);
    }
}
