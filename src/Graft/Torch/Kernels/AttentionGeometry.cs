using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>Where the rows of a sequence's head lie: [tokens, N] matrices inside a bigger tensor.</summary>
internal readonly unsafe struct HeadView
{
    private readonly float* _data;
    private readonly long _batchStride, _headStride;

    /// <summary>Reads a tensor [B, H, T, N] (padded) or [tokens, H, N] (packed) in place; its last stride is 1.</summary>
    public HeadView(Tensor tensor, bool packed)
    {
        _data = Dispatcher.Data(tensor);
        (_batchStride, _headStride) = (packed ? 0 : tensor.stride(0), tensor.stride(1));
        RowStride = (int)tensor.stride(packed ? 0 : 2);
    }

    /// <summary>Floats from one token to the next.</summary>
    public int RowStride { get; }

    /// <summary>The first value of a token of a head. Packed batches are one batch whose tokens count through.</summary>
    public float* At(long batch, long head, long token) => _data + (batch * _batchStride) + (head * _headStride) + (token * RowStride);

    /// <summary>A copy whose last stride is 1; null where the tensor's own is.</summary>
    public static Tensor? ReadableCopy(Tensor tensor) => tensor.stride(-1) == 1 ? null : tensor.contiguous();
}

/// <summary>Additive scores [B or 1, H or 1, Tq or 1, Tk]: a mask or a position bias.</summary>
internal readonly unsafe struct ScoreView
{
    private readonly float* _data;
    private readonly long _batchStride, _headStride, _rowStride;

    /// <summary>Reads a tensor of four dimensions in place; its last stride is 1.</summary>
    public ScoreView(Tensor tensor)
    {
        _data = Dispatcher.Data(tensor);
        _batchStride = StrideOf(tensor, 0);
        _headStride = StrideOf(tensor, 1);
        _rowStride = StrideOf(tensor, 2);
    }

    /// <summary>True where there is nothing to add.</summary>
    public bool IsNone => _data is null;

    /// <summary>The scores of a query row, from key 0 on.</summary>
    public float* Row(long batch, long head, long row) => _data + (batch * _batchStride) + (head * _headStride) + (row * _rowStride);

    // One value serves all.
    private static long StrideOf(Tensor tensor, int dimension) => tensor.size(dimension) == 1 ? 0 : tensor.stride(dimension);
}

/// <summary>The sequences of a batch and who sees whom.</summary>
internal sealed class AttentionGeometry
{
    private readonly int[]? _boundaries, _keyBoundaries;
    private readonly long _tokens, _keyTokens;

    /// <summary>The geometry of queries and keys in a layout.</summary>
    /// <exception cref="ArgumentException">Shapes that do not fit each other or the layout.</exception>
    public AttentionGeometry(Tensor q, Tensor k, Tensor v, AttentionLayout layout)
    {
        int dimensions = layout.IsPacked ? 3 : 4;
        if (q.dim() != dimensions || k.dim() != dimensions || v.dim() != dimensions || !Fits(q, k, v, layout))
            throw new ArgumentException(
                $"attention: queries {q.ShapeText()}, keys {k.ShapeText()} and values {v.ShapeText()} do not fit each other or the layout",
                nameof(k)
            );
        IsPacked = layout.IsPacked;
        (_boundaries, _keyBoundaries) = (layout.Boundaries, layout.KeyBoundaries);
        Heads = (int)q.size(1);
        Size = (int)q.size(-1);
        Sequences = IsPacked ? _boundaries!.Length - 1 : (int)q.size(0);
        if (!IsPacked) (_tokens, _keyTokens) = (q.size(2), k.size(2));
        Rows = IsPacked ? q.size(0) : q.size(0) * q.size(2);
        Causal = layout.Causal;
        Window = layout.Window;
    }

    /// <summary>True for [tokens, H, N].</summary>
    public bool IsPacked { get; }

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>N.</summary>
    public int Size { get; }

    /// <summary>The number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>Query rows of all sequences, padding included.</summary>
    public long Rows { get; }

    private bool Causal { get; }

    private int? Window { get; }

    /// <summary>The query tokens of a sequence.</summary>
    public int Tokens(int sequence) => IsPacked ? _boundaries![sequence + 1] - _boundaries[sequence] : (int)_tokens;

    /// <summary>The key tokens of a sequence.</summary>
    public int KeyTokens(int sequence) => IsPacked ? _keyBoundaries![sequence + 1] - _keyBoundaries[sequence] : (int)_keyTokens;

    /// <summary>The longest sequence's key tokens.</summary>
    public int LongestKeys => Enumerable.Range(0, Sequences).Max(KeyTokens);

    /// <summary>Batch and first token of a sequence's queries, as <see cref="HeadView"/> counts them.</summary>
    public (long Batch, long Token) Origin(int sequence) => IsPacked ? (0, _boundaries![sequence]) : (sequence, 0);

    /// <summary>Batch and first token of a sequence's keys.</summary>
    public (long Batch, long Token) KeyOrigin(int sequence) => IsPacked ? (0, _keyBoundaries![sequence]) : (sequence, 0);

    /// <summary>The row of a sequence's first query among all rows: what dropout counts by.</summary>
    public long FirstRow(int sequence) => IsPacked ? _boundaries![sequence] : sequence * _tokens;

    /// <summary>The keys [From, To) that a query sees by causality and window.</summary>
    public (int From, int To) Reach(int sequence, int token)
    {
        int keys = KeyTokens(sequence), position = token + keys - Tokens(sequence); // cached keys: the queries are the last tokens
        int from = Window is int window ? Math.Max(0, position - window) : 0;
        int to = Window is int reach ? Math.Min(keys, position + reach + 1) : keys;
        if (Causal) to = Math.Min(to, position + 1);
        return (Math.Min(from, keys), Math.Max(to, Math.Min(from, keys)));
    }

    private static bool Fits(Tensor q, Tensor k, Tensor v, AttentionLayout layout)
    {
        bool same = Agree(1, q, k, v) && Agree(-1, q, k, v);
        return layout.IsPacked
            ? same && layout.Boundaries![^1] == q.size(0) && layout.KeyBoundaries![^1] == k.size(0) && v.size(0) == k.size(0)
            : same && Agree(0, q, k, v) && v.size(2) == k.size(2);
    }

    private static bool Agree(int dimension, Tensor q, Tensor k, Tensor v) =>
        k.size(dimension) == q.size(dimension) && v.size(dimension) == q.size(dimension);
}
