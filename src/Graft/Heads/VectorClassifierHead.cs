using Graft.Backbones;
using Graft.Layers;

namespace Graft.Heads;

/// <summary>A matrix on a text's vector as an embedding model makes it: the convex classifier beside a contrastive body.</summary>
internal sealed partial class VectorClassifierHead : Head
{
    /// <summary>What the names of its parameters begin with.</summary>
    internal const string OutputName = "classifier";

    private readonly Projection _output;
    private readonly ModelConfig _config;

    /// <param name="vectors">How a text's vector is made.</param>
    /// <param name="config">Sizes and labels.</param>
    internal VectorClassifierHead(EmbeddingHead vectors, ModelConfig config)
        : base(HeadKinds.SequenceClassification)
    {
        (Vectors, _config) = (vectors, config);
        _output = Add(OutputName, new Projection(vectors.WidthOn(config.HiddenSize), config.Labels.Count, Init.Zeros));
    }

    /// <summary>How a text's vector is made; it has no parameters of its own.</summary>
    public EmbeddingHead Vectors { get; }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = _output.Forward(Vectors.Forward(states, input).Logits!, LayerContext.Rowwise) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.OfText("loss", _config.ProblemType, output, targets)];
}
