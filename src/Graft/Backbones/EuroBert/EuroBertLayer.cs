using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.EuroBert;

/// <summary>
/// x += W·Attention(rotate(q), rotate(k), v) of RMS(x); x += down·(act(gate·x) ∘ up·x) of RMS(x). Query head h uses the keys and values of
/// group ⌊h / (H / G)⌋ (Ainslie et al. 2023). Legend: B batch, T tokens, H heads, G groups, N size per head, D width.
/// </summary>
internal sealed partial class EuroBertLayer : TransformerBlock
{
    private readonly Norm _attentionNorm;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _attentionOutput;
    private readonly Norm _feedForwardNorm;
    private readonly Projection _gate;
    private readonly Projection _up;
    private readonly Projection _down;
    private readonly Activation _activation;
    private readonly int _groups;

    public EuroBertLayer(EuroBertConfig config, int index)
    {
        (int width, int queries, int keys, int site) = (
            config.HiddenSize,
            config.HeadCount * config.HeadSize,
            config.KeyValueHeads * config.HeadSize,
            DropoutSites.Layer(index)
        );
        Init init = Init.Normal(config.InitializerRange);
        (_activation, _groups) = (config.Activation, config.KeyValueHeads);
        _attentionNorm = Add("input_layernorm", new Norm(width, config.NormEps, rootMeanSquare: true));
        _query = Add("self_attn.q_proj", new Projection(width, queries, init, config.AttentionBias));
        _key = Add("self_attn.k_proj", new Projection(width, keys, init, config.AttentionBias));
        _value = Add("self_attn.v_proj", new Projection(width, keys, init, config.AttentionBias));
        _attentionOutput = Add("self_attn.o_proj", new Projection(queries, width, init, config.AttentionBias));
        _feedForwardNorm = Add("post_attention_layernorm", new Norm(width, config.NormEps, rootMeanSquare: true));
        _gate = Add("mlp.gate_proj", new Projection(width, config.IntermediateSize, init, config.FeedForwardBias));
        _up = Add("mlp.up_proj", new Projection(width, config.IntermediateSize, init, config.FeedForwardBias));
        _down = Add("mlp.down_proj", new Projection(config.IntermediateSize, width, init, config.FeedForwardBias));
        SelfAttention = new AttentionCore(config.HeadCount, config.HeadSize, 1 / Math.Sqrt(config.HeadSize), config.AttentionDropout, site);
        AttentionOutput = new AddNorm(null, 0, site + 1);
        FeedForwardOutput = new AddNorm(null, 0, site + 2);
    }

    public override AttentionCore SelfAttention { get; }

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x, LayerContext context, Rotary rotary)
    {
        Tensor normed = _attentionNorm.Forward(x);
        Tensor query = rotary.Apply(SelfAttention.SplitHeads(_query.Forward(normed, context))); // [B, H, T, N]
        Tensor key = ForEveryHead(rotary.Apply(Groups(_key.Forward(normed, context)))),
            value = ForEveryHead(Groups(_value.Forward(normed, context)));
        Tensor attended = SelfAttention.Attend(query, key, value, context, context.Layout);
        x = AttentionOutput.Forward(_attentionOutput.Forward(attended, context), x, context);
        normed = _feedForwardNorm.Forward(x);
        Tensor gated = _gate.Forward(normed, context, _activation) * _up.Forward(normed, context);
        return FeedForwardOutput.Forward(_down.Forward(gated, context), x, context);
    }

    /// <summary>[B, T, G·N] → [B, G, T, N]; packed [tokens, G·N] → [tokens, G, N].</summary>
    private Tensor Groups(Tensor x) =>
        x.dim() == 2 ? x.view(x.shape[0], _groups, -1) : x.view(x.shape[0], x.shape[1], _groups, -1).transpose(1, 2);

    /// <summary>Each group once for every head that uses it: [B, G, T, N] → [B, H, T, N], or packed.</summary>
    private Tensor ForEveryHead(Tensor x)
    {
        int each = SelfAttention.Heads / _groups;
        if (each == 1) return x;
        long[] shape = x.shape;
        long[] wide = [.. shape[..2], each, .. shape[2..]];
        return x.unsqueeze(2).expand(wide).reshape([shape[0], shape[1] * each, .. shape[2..]]);
    }
}
