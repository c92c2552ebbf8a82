using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.NomicBert;

/// <summary>
/// x = LN(x + Drop(W·Attention(rotate(q), rotate(k), v))); x = LN(x + Drop(down·(act(gate·x) ∘ up·x))).
/// Legend: B batch, T tokens, H heads, N size per head, D width, I width between the feed-forward matrices.
/// </summary>
internal sealed partial class NomicBertLayer : TransformerBlock
{
    private readonly Projection[] _queryKeyValue;
    private readonly Projection _attentionOutput;
    private readonly Projection[] _upGate;
    private readonly Projection _down;
    private readonly Activation _activation;
    private readonly double _betweenDropout;
    private readonly int _betweenSite;

    public NomicBertLayer(NomicBertConfig config, NomicBertNames names, int index)
    {
        (int width, int inner, int site) = (config.HiddenSize, config.HeadCount * config.HeadSize, DropoutSites.Layer(index));
        Init init = Init.Normal(config.InitializerRange);
        (_activation, _betweenDropout, _betweenSite) = (config.Activation, config.BetweenDropout, site + 3);
        _queryKeyValue = Parts(names.QueryKeyValue, 3, inner, config.AttentionBias);
        _attentionOutput = Add(names.AttentionOutput, new Projection(inner, width, init, config.AttentionBias));
        Norm attentionNorm = Add(names.AttentionNorm, new Norm(width, config.LayerNormEps));
        _upGate = Parts(names.UpGate, 2, config.IntermediateSize, bias: false);
        _down = Add(names.Down, new Projection(config.IntermediateSize, width, init, config.DownBias));
        Norm outputNorm = Add(names.OutputNorm, new Norm(width, config.LayerNormEps));
        SelfAttention = new AttentionCore(config.HeadCount, config.HeadSize, 1 / Math.Sqrt(config.HeadSize), config.AttentionDropout, site);
        AttentionOutput = new AddNorm(attentionNorm, config.HiddenDropout, site + 1);
        FeedForwardOutput = new AddNorm(outputNorm, config.HiddenDropout, site + 2);

        // One matrix of each name; where there is one name, it holds the rows of all.
        Projection[] Parts(string[] parts, int count, int rows, bool bias) =>
            [
                .. parts.Select(name =>
                    Add(name, new Projection(width, (long)rows * count / parts.Length, init, bias) { Parts = count / parts.Length })
                ),
            ];
    }

    public override AttentionCore SelfAttention { get; }

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Tensor Forward(Tensor x, LayerContext context, Rotary rotary)
    {
        Tensor[] parts = Project(_queryKeyValue, x, context, 3); // [B, T, H·N] each
        // [B, H, T, N]
        Tensor query = rotary.Apply(SelfAttention.SplitHeads(parts[0])), key = rotary.Apply(SelfAttention.SplitHeads(parts[1]));
        Tensor attended = SelfAttention.Attend(query, key, SelfAttention.SplitHeads(parts[2]), context, context.Layout);
        x = AttentionOutput.Forward(_attentionOutput.Forward(attended, context), x, context);
        Tensor[] upGate = Project(_upGate, x, context, 2); // [B, T, I] each
        Tensor gated = Ops.Activate(upGate[1], _activation) * upGate[0];
        gated = Ops.Dropout(gated, _betweenDropout, context.Site(_betweenSite));
        return FeedForwardOutput.Forward(_down.Forward(gated, context), x, context);
    }

    private static Tensor[] Project(Projection[] projections, Tensor x, LayerContext context, int count) => projections.Length == 1
        ? [.. projections[0].Forward(x, context).chunk(count, -1).Select(part => part.contiguous())]
        : [.. projections.Select(projection => projection.Forward(x, context))];
}
