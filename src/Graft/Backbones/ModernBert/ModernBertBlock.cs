using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.ModernBert;

/// <summary>
/// x += Wo·Attention(rotate(Wqkv·LN(x))); x += Wo·(act(a) ∘ g) with [a; g] = Wi·LN(x). The first layer's input is normalised already.
/// </summary>
internal sealed class ModernBertBlock : TransformerBlock
{
    private readonly Norm? _attentionNorm;
    private readonly Projection _queryKeyValue;
    private readonly Projection _attentionDense;
    private readonly Norm _feedForwardNorm;
    private readonly Projection _input;
    private readonly Projection _output;
    private readonly Activation _activation;
    private readonly double _dropout;
    private readonly int _betweenSite;

    public ModernBertBlock(ModernBertConfig config, int index)
    {
        int width = config.HiddenSize,
            site = DropoutSites.Layer(index);
        Init reads = new(config.InitializerRange, Cutoff: config.InitializerCutoff),
            writes = new(config.OutputDeviation, Cutoff: config.InitializerCutoff);
        (_activation, _dropout, _betweenSite) = (config.Activation, config.FeedForwardDropout, site + 3);
        _attentionNorm = index == 0 ? null : Add("attn_norm", new Norm(width, config.NormEps, config.NormBias));
        _queryKeyValue = Add("attn.Wqkv", new Projection(width, 3 * width, reads, config.AttentionBias) { Parts = 3 });
        _attentionDense = Add("attn.Wo", new Projection(width, width, writes, config.AttentionBias));
        _feedForwardNorm = Add("mlp_norm", new Norm(width, config.NormEps, config.NormBias));
        _input = Add("mlp.Wi", new Projection(width, 2 * config.IntermediateSize, reads, config.FeedForwardBias) { Parts = 2 });
        _output = Add("mlp.Wo", new Projection(config.IntermediateSize, width, writes, config.FeedForwardBias));
        SelfAttention = new AttentionCore(
            config.HeadCount,
            width / config.HeadCount,
            1 / Math.Sqrt((double)width / config.HeadCount),
            config.AttentionDropout,
            site
        );
        AttentionOutput = new AddNorm(null, config.AttentionDropout, site + 1);
        FeedForwardOutput = new AddNorm(null, 0, site + 2);
    }

    public override AttentionCore SelfAttention { get; }

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="x">The residual stream.</param>
    /// <param name="window">What keys out of sight are punished with, [1, 1, T, T]; null for layers that see the whole text.</param>
    /// <param name="rotary">Positions.</param>
    public Value Draw(GraphContext graph, Value x, Value? window, GraphRotary rotary)
    {
        GraphBuilder g = graph.Builder;
        Value[] parts = g.Ops("Split", 3, [_queryKeyValue.Draw(graph, _attentionNorm?.Draw(graph, x) ?? x)], ("axis", -1L));
        Value query = rotary.Draw(graph, parts[0]),
            key = rotary.Draw(graph, parts[1]);
        x = AttentionOutput.Draw(
            graph,
            _attentionDense.Draw(graph, SelfAttention.Draw(graph, query, key, parts[2], graph.AdditiveMask, window)),
            x
        );
        Value[] halves = g.Ops("Split", 2, [_input.Draw(graph, _feedForwardNorm.Draw(graph, x))], ("axis", -1L));
        return FeedForwardOutput.Draw(graph, _output.Draw(graph, g.Mul(g.Activate(halves[0], _activation), halves[1])), x);
    }

    /// <summary>[…, D] → […, D].</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="context">Dropout, slots.</param>
    /// <param name="layout">Global or local.</param>
    /// <param name="rotary">Positions.</param>
    public Tensor Forward(Tensor x, LayerContext context, AttentionLayout layout, Rotary rotary)
    {
        Tensor[] parts = _queryKeyValue.Forward(_attentionNorm?.Forward(x) ?? x, context).chunk(3, -1);
        Tensor query = rotary.Apply(SelfAttention.SplitHeads(parts[0])), key = rotary.Apply(SelfAttention.SplitHeads(parts[1]));
        Tensor attended = SelfAttention.Attend(query, key, SelfAttention.SplitHeads(parts[2]), context, layout);
        x = AttentionOutput.Forward(_attentionDense.Forward(attended, context), x, context);
        Tensor gated = Ops.Gate(_input.Forward(_feedForwardNorm.Forward(x), context), _activation);
        gated = Ops.Dropout(gated, _dropout, context.Site(_betweenSite));
        return FeedForwardOutput.Forward(_output.Forward(gated, context), x, context);
    }
}
