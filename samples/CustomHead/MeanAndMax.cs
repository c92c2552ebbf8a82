using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Tasks.SequenceClassification;
using TorchSharp;
using static TorchSharp.torch;

namespace CustomHead;

/// <summary>A head that sees the mean and the greatest value of the token states beside each other. Shapes: B texts, D width.</summary>
internal sealed class MeanAndMax : Head
{
    public const string Name = "MeanAndMax";

    private readonly Projection _output;

    public MeanAndMax(ModelConfig config)
        : base(Name)
    {
        Init init = Init.Normal(config.InitializerRange);
        _output = Add("classifier", new Projection(2L * config.HiddenSize, config.Labels.Count, init));
    }

    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null)
    {
        Tensor tokens = states.LastHiddenState; // [B, T, D], or packed [tokens, D]
        Tensor text = cat([Pooling.Mean(tokens, input), Pooling.Max(tokens, input)], 1); // [B, 2·D]
        return new HeadOutput { Logits = _output.Forward(text, LayerContext.Rowwise) };
    }

    /// <summary>The cross-entropy as a sum and what it counts, so that a batch may be cut in any way.</summary>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets)
    {
        Tensor sum = nn.functional.cross_entropy(output.Logits!, targets.Labels!, reduction: nn.Reduction.Sum);
        return [new LossTerm("loss", sum, targets.Labels!.shape[0])];
    }
}

/// <summary>Classes of texts as Graft has them, judged by that head.</summary>
internal sealed record Opinion : TextClassification
{
    public override string Name => "opinion";
    public override string Head => MeanAndMax.Name;
}
