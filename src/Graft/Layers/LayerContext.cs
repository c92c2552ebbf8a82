using Graft.Torch;
using Graft.Torch.Autograd;
using Graft.Torch.Dropout;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// What travels beside the hidden states through one stack of layers: the layout, dropout, the adapters' rows, and what is collected on the
/// way.
/// </summary>
public sealed class LayerContext
{
    private readonly Dictionary<(AttentionLayout Layout, long Extra), AttentionLayout> _extended = [];

    private LayerContext() => (Layout, Leading) = (AttentionLayout.Padded(null), []);

    /// <param name="input">The stack's input.</param>
    /// <param name="layout">Which tokens attend to which.</param>
    public LayerContext(EncoderInput input, AttentionLayout layout)
    {
        Layout = layout;
        Dropout = input.Dropout;
        Adapters = input.AdapterRows is { } rows ? new AdapterRuns(rows, input) : null;
        Cache = input.Cache;
        Leading = input.Leading;
        HiddenStates = input.OutputHiddenStates ? [] : null;
        Attentions = input.OutputAttentions ? [] : null;
        if (input.OutputAttentions && layout.IsPacked)
            throw new ArgumentException("attentions are given for the padded layout only", nameof(input));
    }

    /// <summary>For layers that look at each row alone, in evaluation or without dropout of their own.</summary>
    public static LayerContext Rowwise { get; } = new();

    /// <summary>Which tokens attend to which.</summary>
    public AttentionLayout Layout { get; }

    /// <summary>The micro-batch's dropout masks; null in evaluation.</summary>
    internal DropoutPlan? Dropout { get; }

    /// <summary>Which rows use which adapter; null where there is one or none.</summary>
    internal AdapterRuns? Adapters { get; }

    /// <summary>Keys and values of tokens before these; null but in generation.</summary>
    internal KeyValueCache? Cache { get; }

    /// <summary>[B, T] or [tokens].</summary>
    public long[] Leading { get; }

    /// <summary>Added to every site's number where layers share weights: each pass through them drops differently.</summary>
    public int SiteOffset { get; set; }

    /// <summary>Layers keep what enters them and compute the rest again in the backward pass: less memory for a third more time.</summary>
    public bool Recompute { get; init; }

    /// <summary>What enters each layer, and last the output; null when not asked for.</summary>
    public List<Tensor>? HiddenStates { get; }

    /// <summary>Probabilities of each layer [B, H, T, Tk]; null when not asked for.</summary>
    public List<Tensor>? Attentions { get; }

    /// <summary>The usual layout of a text that sees all of itself (or, causal, what is before).</summary>
    public static AttentionLayout LayoutOf(EncoderInput input, bool causal = false)
    {
        if (input.IsPacked) return AttentionLayout.Packed(input.Boundaries!, causal);
        return AttentionLayout.Padded(input.AttentionMask is null ? null : AttentionLayout.AdditiveMask(input.AttentionMask), causal);
    }

    /// <summary>Whether what a layer makes on its way is released when it is done: its tensors then do not outlive it.</summary>
    private bool IsReleased => Attentions is null && Cache is null && (Recompute || !is_grad_enabled());

    /// <summary>
    /// Runs one layer of the stack. Without gradient its temporary tensors are released at once, so that the next layer works on the same
    /// memory, which is still in the cache; with gradient it is recomputed in the backward pass where that is asked for.
    /// </summary>
    /// <param name="inputs">The states and what else the layer takes that gradients flow back to; null for what there is not.</param>
    /// <param name="layer">The layer, of the same inputs.</param>
    public Tensor Run(Tensor?[] inputs, Func<Tensor?[], Tensor> layer)
    {
        if (!IsReleased) return layer(inputs);
        if (!is_grad_enabled())
        {
            using DisposeScope scope = NewDisposeScope();
            return scope.MoveToOuter(layer(inputs));
        }

        int offset = SiteOffset;
        return RecomputeNode.Run(
            again =>
            {
                (int before, SiteOffset) = (SiteOffset, offset);
                Tensor output = layer(again);
                SiteOffset = before;
                return output;
            },
            inputs);
    }

    /// <summary>A place where values are dropped; the same number must not be used twice in a model.</summary>
    internal DropoutSite Site(int number) => Dropout is null ? DropoutSite.None : Dropout.Site(number + SiteOffset);

    /// <summary>
    /// The same for what an adapter drops: rows that are no tokens (a table of distances) are dropped as a sequence of their own.
    /// </summary>
    internal DropoutSite Site(int number, Tensor x)
    {
        if (Dropout is null) return DropoutSite.None;
        int rows = checked((int)(x.numel() / x.shape[^1]));
        return Dropout.Covers(rows) ? Site(number) : DropoutPlan.Packed(Dropout.Seed, [0], [rows]).Site(number + SiteOffset);
    }

    /// <summary>The layout with keys before the text that everybody sees (a prefix).</summary>
    public AttentionLayout WithExtraKeys(AttentionLayout layout, long extra)
    {
        if (extra == 0 || (layout.Mask is null && !layout.IsPacked)) return layout;
        if (!IsReleased && _extended.TryGetValue((layout, extra), out AttentionLayout? known)) return known;
        AttentionLayout extended;
        if (layout.IsPacked)
        {
            int[] keys = [.. layout.KeyBoundaries!.Select((row, s) => checked(row + (int)(s * extra)))];
            extended = AttentionLayout.Packed(layout.Boundaries!, layout.Causal, layout.Window, keys);
        }
        else
        {
            Tensor mask = layout.Mask!;
            extended = AttentionLayout.Padded(
                cat([zeros([mask.shape[0], 1, mask.shape[2], extra]), mask], -1),
                layout.Causal,
                layout.Window
            );
        }

        return _extended[(layout, extra)] = extended;
    }
}
