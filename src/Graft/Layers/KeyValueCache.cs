using Graft.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Keys and values of the tokens that went before, one pair for each attention, so that generation computes each token once. They lie in
/// buffers with room to spare, so that a new token is written beside the old ones, which are not copied.
/// The tensors belong to the cache: they outlive the step's dispose scope.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private const int TokensDimension = 2;
    private const long LeastRoom = 64;

    private readonly Dictionary<int, Entry> _layers = [];

    /// <summary>The number of tokens held.</summary>
    public long Length { get; private set; }

    /// <summary>Adds the new tokens' keys and values [B, H, T, N] of an attention and returns all.</summary>
    internal (Tensor Key, Tensor Value) Append(int attention, Tensor key, Tensor value)
    {
        Entry entry = Reserve(attention, key.shape, key.dtype);
        long before = entry.Length, added = key.size(TokensDimension), length = before + added;
        entry.Key.narrow(TokensDimension, before, added).copy_(key);
        entry.Value.narrow(TokensDimension, before, added).copy_(value);
        _layers[attention] = entry with { Length = length };
        return (entry.Key.narrow(TokensDimension, 0, length), entry.Value.narrow(TokensDimension, 0, length));
    }

    /// <summary>Adds one new token a row and attends to all, without gradient, where <see cref="OneTokenAttention"/> is for it.</summary>
    /// <param name="attention">The number.</param>
    /// <param name="query">[B, 1, D].</param>
    /// <param name="key">[B, 1, D].</param>
    /// <param name="value">[B, 1, D].</param>
    /// <param name="heads">H.</param>
    /// <param name="scale">The scale of the products.</param>
    /// <returns>[B, 1, D], heads joined; null where there are too many tokens, and nothing was added.</returns>
    internal Tensor? AppendAndAttend(int attention, Tensor query, Tensor key, Tensor value, int heads, double scale)
    {
        Entry entry = Reserve(attention, [key.size(0), heads, 1, key.size(2) / heads], key.dtype);
        if (entry.Length >= OneTokenAttention.Longest) return null;
        Tensor output = OneTokenAttention.Run(query, key, value, entry.Key, entry.Value, (int)entry.Length, (float)scale);
        _layers[attention] = entry with { Length = entry.Length + 1 };
        return output;
    }

    /// <summary>Keys and values that stay the same at every step (of the encoder's states).</summary>
    internal (Tensor Key, Tensor Value) Fixed(int attention, Func<(Tensor Key, Tensor Value)> make)
    {
        if (!_layers.TryGetValue(attention, out Entry known))
        {
            (Tensor key, Tensor value) = make();
            _layers[attention] = known = new(key.DetachFromDisposeScope(), value.DetachFromDisposeScope(), key.shape[TokensDimension]);
        }

        return (known.Key, known.Value);
    }

    /// <summary>Called by the backbone once a step.</summary>
    internal void Advance(long tokens) => Length += tokens;

    /// <summary>Keeps these rows of the batch, in this order (beam search).</summary>
    /// <param name="rows">Int64 [B'].</param>
    public void Reorder(Tensor rows)
    {
        foreach ((int attention, Entry entry) in _layers.ToArray())
        {
            _layers[attention] = new(
                entry.Key.index_select(0, rows).DetachFromDisposeScope(),
                entry.Value.index_select(0, rows).DetachFromDisposeScope(),
                entry.Length
            );
            entry.Release();
        }
    }

    /// <summary>Releases the tensors.</summary>
    public void Dispose()
    {
        foreach (Entry entry in _layers.Values) entry.Release();
        _layers.Clear();
    }

    /// <summary>What is kept for an attention, with room for [B, H, T, N] more.</summary>
    private Entry Reserve(int attention, long[] added, ScalarType type)
    {
        if (!_layers.TryGetValue(attention, out Entry entry))
        {
            long tokens = Math.Max(LeastRoom, added[TokensDimension]);
            return _layers[attention] = new(WithRoom(added, tokens, type), WithRoom(added, tokens, type), 0);
        }

        long needed = entry.Length + added[TokensDimension];
        return needed <= entry.Key.size(TokensDimension) ? entry : _layers[attention] = Enlarged(entry, needed);
    }

    private static Entry Enlarged(Entry entry, long needed)
    {
        Entry larger = new(
            WithRoom(entry.Key.shape, needed, entry.Key.dtype),
            WithRoom(entry.Value.shape, needed, entry.Value.dtype),
            entry.Length
        );
        larger.Key.narrow(TokensDimension, 0, entry.Length).copy_(entry.Key.narrow(TokensDimension, 0, entry.Length));
        larger.Value.narrow(TokensDimension, 0, entry.Length).copy_(entry.Value.narrow(TokensDimension, 0, entry.Length));
        entry.Release();
        return larger;
    }

    /// <summary>A buffer [B, H, 2 · tokens, N].</summary>
    private static Tensor WithRoom(long[] shape, long tokens, ScalarType type) =>
        empty([shape[0], shape[1], 2 * tokens, shape[3]], type).DetachFromDisposeScope();

    /// <summary>Buffers [B, H, room, N] and how many of their tokens are written.</summary>
    private readonly record struct Entry(Tensor Key, Tensor Value, long Length)
    {
        public void Release()
        {
            Key.Dispose();
            Value.Dispose();
        }
    }
}
