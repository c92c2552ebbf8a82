using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>
/// One vector for the whole text: token states pooled in one way or several, whose vectors are joined, then steps such as a matrix or the
/// division by the length. What the steps hold is not trained.
/// </summary>
internal sealed partial class EmbeddingHead : Head
{
    /// <param name="pooling">Which tokens.</param>
    /// <param name="normalize">Divide by the Euclidean length.</param>
    public EmbeddingHead(EmbeddingPooling pooling, bool normalize)
        : this([pooling], normalize ? [new UnitLength()] : [])
    {
    }

    /// <param name="poolings">Which tokens; at least one way.</param>
    /// <param name="steps">What follows, in order.</param>
    internal EmbeddingHead(IReadOnlyList<EmbeddingPooling> poolings, IReadOnlyList<EmbeddingStep> steps)
        : base(HeadKinds.Embedding) => (Poolings, Steps) = (poolings, steps);

    /// <summary>Which tokens: the ways whose vectors are joined.</summary>
    public IReadOnlyList<EmbeddingPooling> Poolings { get; }

    /// <summary>True where vectors have length 1.</summary>
    public bool Normalizes => Steps.Count > 0 && Steps[^1] is UnitLength;

    /// <summary>What follows the pooling.</summary>
    internal IReadOnlyList<EmbeddingStep> Steps { get; }

    /// <summary>The number of values in a vector.</summary>
    /// <param name="hiddenSize">D of the backbone.</param>
    public int WidthOn(int hiddenSize) => Steps.OfType<DenseStep>().LastOrDefault()?.Width ?? hiddenSize * Poolings.Count;

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null)
    {
        Tensor vectors =
            Poolings.Count == 1
                ? Poolings[0].Of(states.LastHiddenState, input)
                : cat([.. Poolings.Select(pooling => pooling.Of(states.LastHiddenState, input))], -1);
        return new HeadOutput { Logits = Steps.Aggregate(vectors, (values, step) => step.Apply(values)) };
    }

    /// <summary>There is none: what vectors are for decides it.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        throw new NotSupportedException("vectors have no loss of their own: the task defines it");
}

/// <summary>What a way of pooling does.</summary>
internal static class EmbeddingPoolings
{
    /// <summary>One vector a sequence: [B, D].</summary>
    public static Tensor Of(this EmbeddingPooling pooling, Tensor states, EncoderInput input) => pooling switch
    {
        EmbeddingPooling.First => Pooling.First(states, input),
        EmbeddingPooling.Last => Pooling.Last(states, input),
        EmbeddingPooling.Max => Pooling.Max(states, input),
        EmbeddingPooling.MeanSqrtLength => Pooling.MeanSqrtLength(states, input),
        EmbeddingPooling.WeightedMean => Pooling.WeightedMean(states, input),
        _ => Pooling.Mean(states, input),
    };
}
