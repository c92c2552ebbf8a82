using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>Which states of a frozen backbone stand for a text.</summary>
public sealed record FeatureOptions
{
    /// <summary>Layers whose states are joined, counted from the last: −1 is the output, −2 what enters the last layer, …</summary>
    /// <value>The output.</value>
    public IReadOnlyList<int> Layers { get; init; } = [-1];

    /// <summary>From token states to the text's vector.</summary>
    /// <value>The mean.</value>
    public EmbeddingPooling Pooling { get; init; } = EmbeddingPooling.Mean;

    /// <summary>"-1,-2 mean": what tells features apart.</summary>
    public string Describe() => FormattableString.Invariant($"{string.Join(',', Layers)} {Pooling}").ToLowerInvariant();

    /// <summary>Checks every value against a model.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate(ModelConfig config)
    {
        if (Layers.Count == 0) throw new InputException("layers names none");
        if (Layers.FirstOrDefault(layer => layer >= 0 || layer < -config.LayerCount - 1) is not 0 and int wrong)
            throw new InputException($"layers has {wrong}; this model has -1 (the output) to {-config.LayerCount - 1} (the embeddings)");
    }

    /// <summary>The vectors of a batch, [B, layers · D].</summary>
    /// <param name="states">With the states between layers where more than the output is asked for.</param>
    /// <param name="input">Mask or boundaries.</param>
    internal Tensor Vectors(BackboneOutput states, EncoderInput input) =>
        cat([.. Layers.Select(layer => Pooling.Of(layer == -1 ? states.LastHiddenState : states.HiddenStates![^-layer], input))], -1);

    /// <summary>Whether the backbone must give the states between its layers.</summary>
    internal bool NeedsHiddenStates => Layers.Any(layer => layer != -1);
}

/// <summary>One matrix on features of a frozen backbone: a class, several labels or a number for the whole text.</summary>
internal sealed partial class FeatureHead : Head
{
    /// <summary>What the names of its parameters begin with.</summary>
    internal const string OutputName = "classifier";

    private readonly Projection _output;
    private readonly ModelConfig _config;

    /// <param name="options">What it sees.</param>
    /// <param name="config">Sizes and labels.</param>
    internal FeatureHead(FeatureOptions options, ModelConfig config)
        : base(HeadKinds.SequenceClassification)
    {
        options.Validate(config);
        (Options, _config) = (options, config);
        _output = Add(OutputName, new Projection((long)options.Layers.Count * config.HiddenSize, config.Labels.Count, Init.Zeros));
    }

    /// <summary>What it sees.</summary>
    public FeatureOptions Options { get; }

    /// <summary>Scores of vectors.</summary>
    /// <param name="vectors">[B, width].</param>
    public HeadOutput Score(Tensor vectors) => new() { Logits = _output.Forward(vectors, LayerContext.Rowwise) };

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        Score(Options.Vectors(states, input));

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.OfText("loss", _config.ProblemType, output, targets)];
}
