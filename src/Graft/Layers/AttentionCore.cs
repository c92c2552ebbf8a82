using Graft.Torch;
using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Attention between projected queries, keys and values (Vaswani et al. 2017, §3.2): the only layer that knows how tokens lie in memory.
/// The third tuning slot. Legend: B batch, T tokens, H heads, N size per head, D = H·N.
/// </summary>
/// <param name="heads">H.</param>
/// <param name="headSize">N.</param>
/// <param name="scale">What scores are multiplied by.</param>
/// <param name="dropout">The share of probabilities dropped.</param>
/// <param name="site">The dropout's number, which also names this attention in a cache.</param>
public sealed partial class AttentionCore(int heads, int headSize, double scale, double dropout, int site)
{
    /// <summary>H.</summary>
    public int Heads => heads;

    /// <summary>H·N: the width of queries, keys and values together.</summary>
    public int Width => heads * headSize;

    /// <summary>The slot.</summary>
    public IAttentionTuning? Tuning { get; set; }

    /// <summary>Keys that the slot puts before the text.</summary>
    public int ExtraKeys => Tuning?.Length ?? 0;

    /// <summary>[B, T, D] → [B, H, T, N]; packed [tokens, D] → [tokens, H, N]. A view.</summary>
    public Tensor SplitHeads(Tensor x)
    {
        if (x.dim() == 2) return x.view(x.size(0), heads, -1);
        using Tensor split = x.view(x.size(0), x.size(1), heads, -1);
        return split.transpose(1, 2);
    }

    /// <summary>Attends with flat queries, keys and values […, D].</summary>
    /// <returns>[…, D], heads joined.</returns>
    public Tensor Forward(Tensor query, Tensor key, Tensor value, LayerContext context, Tensor? bias = null)
    {
        if (
            bias is null
            && IsOneToken(query, context)
            && context.Cache!.AppendAndAttend(site, query, key, value, heads, scale) is { } attended
        )
            return attended;
        return Attend(SplitHeads(query), SplitHeads(key), SplitHeads(value), context, context.Layout, bias);
    }

    /// <summary>Attends with split queries, keys and values.</summary>
    /// <param name="query">[B, H, T, N] or [tokens, H, N].</param>
    /// <param name="key">The same for the keys.</param>
    /// <param name="value">The same for the values.</param>
    /// <param name="context">Dropout, slots, what is collected.</param>
    /// <param name="layout">Which tokens attend to which here: the context's, or that of this layer.</param>
    /// <param name="bias">Added to the scores.</param>
    /// <param name="cached">Keys and values come from the cache and are not added to it.</param>
    /// <returns>[…, D], heads joined.</returns>
    public Tensor Attend(
        Tensor query, Tensor key, Tensor value, LayerContext context, AttentionLayout layout, Tensor? bias = null, bool cached = false)
    {
        if (context.Cache is not null && !cached) (key, value) = context.Cache.Append(site, key, value);
        if (Tuning is not null)
        {
            (key, value) = WithExtraKeys(Tuning, key, value, context, layout);
            layout = context.WithExtraKeys(layout, ExtraKeys);
        }

        DropoutSite here = context.Site(site);
        Tensor output;
        if (context.Attentions is null)
        {
            output = Ops.Attention(query, key, value, layout, scale, bias, dropout, here);
        }
        else
        {
            (output, Tensor probabilities) = Ops.AttentionWithProbabilities(query, key, value, layout, scale, bias, dropout, here);
            context.Attentions.Add(probabilities);
        }

        if (output.dim() == 3) return output.flatten(1);
        using Tensor byToken = output.transpose(1, 2); // [B, T, H, N]
        return byToken.flatten(2);
    }

    /// <summary>One new token a row that sees everything before it, as in writing text, and nothing else is asked for.</summary>
    private bool IsOneToken(Tensor query, LayerContext context) =>
        context is { Cache: not null, Attentions: null, Dropout: null, Layout: { IsPacked: false, Mask: null, Window: null } }
        && Tuning is null && query.size(1) == 1 && !is_grad_enabled() && OwnKernels.Apply(query);

    private static (Tensor Key, Tensor Value) WithExtraKeys(
        IAttentionTuning tuning,
        Tensor key,
        Tensor value,
        LayerContext context,
        AttentionLayout layout
    )
    {
        (Tensor extraKey, Tensor extraValue) = tuning.KeysAndValues(context);
        if (!layout.IsPacked)
        {
            long[] shape = [key.shape[0], extraKey.shape[1], extraKey.shape[2], extraKey.shape[3]];
            return (cat([extraKey.expand(shape), key], 2), cat([extraValue.expand(shape), value], 2));
        }

        return (BeforeEach(extraKey, key, layout.KeyBoundaries!), BeforeEach(extraValue, value, layout.KeyBoundaries!));
    }

    /// <summary>[1 or S, H, P, N] before each of S packed sequences of [tokens, H, N].</summary>
    private static Tensor BeforeEach(Tensor extra, Tensor packed, int[] boundaries)
    {
        List<Tensor> parts = [];
        for (int s = 0; s + 1 < boundaries.Length; s++)
        {
            parts.Add(extra[extra.shape[0] == 1 ? 0 : s].transpose(0, 1)); // [P, H, N]
            parts.Add(packed.slice(0, boundaries[s], boundaries[s + 1], 1));
        }

        return cat(parts, 0);
    }
}
