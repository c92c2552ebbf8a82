using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Keys and values of the tokens that went before, one pair for each attention, so that generation computes each token once. They lie in
/// buffers with room to spare, so that a new token is written beside the old ones, which are not copied.
/// The tensors belong to the cache: they outlive the step's dispose scope.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private const int TokensDimension = 2;
    private const long LeastRoom = 64;

    private readonly Dictionary<int, Entry> _layers = [];

    /// <summary>The number of tokens held.</summary>
    public long Length { get; private set; }

    /// <summary>Adds the new tokens' keys and values [B, H, T, N] of an attention and returns all.</summary>
    internal (Tensor Key, Tensor Value) Append(int attention, Tensor key, Tensor value)
    {
        long before = 0, added = key.size(TokensDimension);
        if (!_layers.TryGetValue(attention, out Entry entry)) entry = new(WithRoom(key, LeastRoom), WithRoom(value, LeastRoom), 0);
        else before = entry.Length;
        if (before + added > entry.Key.size(TokensDimension)) entry = Enlarged(entry, before + added);
        entry.Key.narrow(TokensDimension, before, added).copy_(key);
        entry.Value.narrow(TokensDimension, before, added).copy_(value);
        entry = entry with { Length = before + added };
        _layers[attention] = entry;
        return (entry.Key.narrow(TokensDimension, 0, entry.Length), entry.Value.narrow(TokensDimension, 0, entry.Length));
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
            _layers[attention] = new(entry.Key.index_select(0, rows).DetachFromDisposeScope(), entry.Value.index_select(0, rows).DetachFromDisposeScope(), entry.Length);
            entry.Release();
        }
    }

    /// <summary>Releases the tensors.</summary>
    public void Dispose()
    {
        foreach (Entry entry in _layers.Values) entry.Release();
        _layers.Clear();
    }

    private static Entry Enlarged(Entry entry, long needed)
    {
        Entry larger = new(WithRoom(entry.Key, needed), WithRoom(entry.Value, needed), entry.Length);
        larger.Key.narrow(TokensDimension, 0, entry.Length).copy_(entry.Key.narrow(TokensDimension, 0, entry.Length));
        larger.Value.narrow(TokensDimension, 0, entry.Length).copy_(entry.Value.narrow(TokensDimension, 0, entry.Length));
        entry.Release();
        return larger;
    }

    /// <summary>A buffer like <paramref name="some"/> for at least so many tokens, and as many again.</summary>
    private static Tensor WithRoom(Tensor some, long tokens)
    {
        long[] shape = some.shape;
        shape[TokensDimension] = 2 * Math.Max(tokens, shape[TokensDimension]);
        return empty(shape, some.dtype).DetachFromDisposeScope();
    }

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
