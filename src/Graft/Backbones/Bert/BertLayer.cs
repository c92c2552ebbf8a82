using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Bert;

/// <summary>What a family's checkpoints call the parts of a layer; those of the attention come after "attention.".</summary>
internal sealed record BertLayerNames(
    string Query,
    string Key,
    string Value,
    string AttentionOutput,
    string AttentionNorm,
    string Intermediate,
    string Output,
    string OutputNorm
)
{
    /// <summary>BERT's own names, which most families kept.</summary>
    public static BertLayerNames Published { get; } =
        new(
            "self.query",
            "self.key",
            "self.value",
            "output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm"
        );
}

/// <summary>
/// One layer (Vaswani et al. 2017, §3.1; the norm comes after the sum):
/// <code>
/// x = LN(x + Drop(W·Attention(x)))
/// x = LN(x + Drop(W₂·act(W₁·x)))
/// </code>
/// </summary>
internal sealed partial class BertLayer : TransformerBlock
{
    private readonly EncoderAttention _attention;
    private readonly Projection _intermediate;
    private readonly Projection _output;
    private readonly Activation _activation;

    /// <param name="config">Sizes and rates.</param>
    /// <param name="names">The family's names.</param>
    /// <param name="index">The layer's number: its dropout sites follow from it.</param>
    /// <param name="attention">The family's own attention; BERT's when null.</param>
    public BertLayer(BertConfig config, BertLayerNames names, int index, EncoderAttention? attention = null)
    {
        Init init = Init.Normal(config.InitializerRange);
        int site = DropoutSites.Layer(index);
        _activation = config.Activation;
        _attention = Add("attention", attention ?? new BertAttention(config, names, index));
        Norm attentionNorm = Add(names.AttentionNorm, new Norm(config.HiddenSize, config.LayerNormEps));
        _intermediate = Add(names.Intermediate, new Projection(config.HiddenSize, config.IntermediateSize, init));
        _output = Add(names.Output, new Projection(config.IntermediateSize, config.HiddenSize, init));
        Norm outputNorm = Add(names.OutputNorm, new Norm(config.HiddenSize, config.LayerNormEps));
        AttentionOutput = new AddNorm(attentionNorm, config.AttentionOutputDropout, site + 1);
        FeedForwardOutput = new AddNorm(outputNorm, config.FeedForwardDropout, site + 2);
    }

    public override AttentionCore SelfAttention => _attention.Core;

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="x">The states.</param>
    /// <param name="context">Layout, dropout, slots.</param>
    /// <param name="bias">Added to the scores, or what a family's attention makes that of.</param>
    public Tensor Forward(Tensor x, LayerContext context, Tensor? bias = null)
    {
        x = AttentionOutput.Forward(_attention.Forward(x, context, bias), x, context); // LN(x + Drop(…))
        if (Projection.FeedForwardInInt8(x, _intermediate, _activation, _output) is { } rounded)
            return FeedForwardOutput.Forward(rounded, x, context);
        Tensor between = _intermediate.Forward(x, context, _activation); // [B, T, 4·D in the paper's sizes]
        return FeedForwardOutput.Forward(_output.Forward(between, context), x, context); // LN(x + Drop(…))
    }
}
