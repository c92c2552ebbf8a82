using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>One vector for the whole text, of length 1 where asked for; no parameters.</summary>
/// <param name="pooling">Which tokens.</param>
/// <param name="normalize">Divide by the Euclidean length.</param>
public sealed partial class EmbeddingHead(EmbeddingPooling pooling, bool normalize) : Head(HeadKind.Embedding)
{
    /// <summary>Which tokens.</summary>
    public EmbeddingPooling Pooling => pooling;

    /// <summary>True where vectors have length 1.</summary>
    public bool Normalizes => normalize;

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null)
    {
        Tensor hidden = states.LastHiddenState;
        Tensor vectors = pooling switch
        {
            EmbeddingPooling.First => Layers.Pooling.First(hidden, input),
            EmbeddingPooling.Last => Layers.Pooling.Last(hidden, input),
            EmbeddingPooling.Max => Layers.Pooling.Max(hidden, input),
            _ => Layers.Pooling.Mean(hidden, input),
        };
        return new HeadOutput { Logits = normalize ? nn.functional.normalize(vectors, 2.0, 1L) : vectors };
    }

    /// <summary>There is none: what vectors are for decides it.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        throw new NotSupportedException("vectors have no loss of their own: the task defines it");
}
