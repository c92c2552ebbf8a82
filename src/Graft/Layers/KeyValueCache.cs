using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Keys and values of the tokens that went before, one pair for each attention, so that generation computes each token once.
/// The tensors belong to the cache: they outlive the step's dispose scope.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Dictionary<int, (Tensor Key, Tensor Value)> _layers = [];

    /// <summary>The number of tokens held.</summary>
    public long Length { get; private set; }

    /// <summary>Adds the new tokens' keys and values [B, H, T, N] of an attention and returns all.</summary>
    internal (Tensor Key, Tensor Value) Append(int attention, Tensor key, Tensor value)
    {
        if (_layers.TryGetValue(attention, out (Tensor Key, Tensor Value) before))
        {
            (Tensor longerKey, Tensor longerValue) = (cat([before.Key, key], 2), cat([before.Value, value], 2));
            before.Key.Dispose();
            before.Value.Dispose();
            (key, value) = (longerKey, longerValue);
        }
        else
        {
            (key, value) = (key.clone(), value.clone());
        }

        _layers[attention] = (key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
        return _layers[attention];
    }

    /// <summary>Keys and values that stay the same at every step (of the encoder's states).</summary>
    internal (Tensor Key, Tensor Value) Fixed(int attention, Func<(Tensor Key, Tensor Value)> make)
    {
        if (!_layers.TryGetValue(attention, out (Tensor Key, Tensor Value) known))
        {
            (Tensor key, Tensor value) = make();
            _layers[attention] = known = (key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
        }

        return known;
    }

    /// <summary>Called by the backbone once a step.</summary>
    internal void Advance(long tokens) => Length += tokens;

    /// <summary>Keeps these rows of the batch, in this order (beam search).</summary>
    /// <param name="rows">Int64 [B'].</param>
    public void Reorder(Tensor rows)
    {
        foreach (int attention in _layers.Keys.ToArray())
        {
            (Tensor key, Tensor value) = _layers[attention];
            _layers[attention] = (key.index_select(0, rows).DetachFromDisposeScope(), value.index_select(0, rows).DetachFromDisposeScope());
            key.Dispose();
            value.Dispose();
        }
    }

    /// <summary>Releases the tensors.</summary>
    public void Dispose()
    {
        foreach ((Tensor key, Tensor value) in _layers.Values)
        {
            key.Dispose();
            value.Dispose();
        }

        _layers.Clear();
    }
}
