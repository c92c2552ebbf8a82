using Graft.Backbones;
using Graft.Layers;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>Pooling → dropout → transform → dropout → matrix: what all classifying heads are, whatever they classify.</summary>
internal abstract partial class ClassificationHead : Head
{
    private readonly ClassifierRecipe _recipe;
    private readonly Transform? _transform;
    private readonly Projection _output;
    private readonly int? _padTokenId, _endTokenId;

    private protected ClassificationHead(string kind, ClassifierRecipe recipe, ModelConfig config, int outputs)
        : base(kind)
    {
        _recipe = recipe;
        (_padTokenId, _endTokenId) = (config.PadTokenId, config.EndTokenIds is [int end, ..] ? end : null);
        _transform = recipe.Transform is null ? null : new Transform(recipe.Transform, config, this);
        Init init = new(recipe.Deviation ?? config.InitializerRange, Cutoff: config.InitializerCutoff);
        _output = Add(recipe.Output, new Projection(recipe.Transform?.Width ?? config.HiddenSize, outputs, init, recipe.Bias));
    }

    /// <summary>Scores of each pooled row, [B, outputs] or [B, T, outputs].</summary>
    /// <param name="states">The backbone's.</param>
    /// <param name="input">Mask or boundaries, dropout.</param>
    /// <param name="rowsCompete">A softmax over the rows follows: tokens or choices against each other.</param>
    private protected Tensor Score(BackboneOutput states, EncoderInput input, bool rowsCompete = false)
    {
        LayerContext context = LayerContext.Rowwise;
        Tensor x = Pool(states, input);
        if (_transform is not null)
            x = _transform.Forward(Ops.Dropout(x, _recipe.TransformDropout, Site(input, DropoutSites.HeadHidden)), context);
        x = Ops.Dropout(x, _recipe.Dropout, Site(input, DropoutSites.Head));
        Tensor scores = rowsCompete ? _output.ForwardBeforeSoftmax(x, context) : _output.Forward(x, context);
        return _recipe.Pooling == HeadPooling.MeanOfScores ? Pooling.Mean(scores, input) : scores;
    }

    private static DropoutSite Site(EncoderInput input, int number) => input.Dropout?.Site(number) ?? DropoutSite.None;

    private Tensor Pool(BackboneOutput states, EncoderInput input) => _recipe.Pooling switch
    {
        HeadPooling.None => WithoutPrompt(states.LastHiddenState, input),
        HeadPooling.MeanOfScores => states.LastHiddenState,
        HeadPooling.Pooler => states.PoolerOutput!,
        HeadPooling.First => Pooling.First(states.LastHiddenState, input),
        HeadPooling.Mean => Pooling.Mean(states.LastHiddenState, input),
        HeadPooling.LastNotPadding => LastNotPadding(states.LastHiddenState, input),
        HeadPooling.LastEnd => Pooling.LastOf(states.LastHiddenState, input, _endTokenId),
        _ => throw new InvalidOperationException($"no pooling {_recipe.Pooling}"),
    };

    private Tensor LastNotPadding(Tensor states, EncoderInput input) => input.IsPacked || _padTokenId is not int padding
        ? Pooling.Last(states, input)
        : Pooling.AtLastTrue(WithoutPrompt(states, input), input.InputIds.ne(padding));

    /// <summary>The states of the text's own tokens: a prompt puts vectors before them.</summary>
    private static Tensor WithoutPrompt(Tensor states, EncoderInput input)
    {
        long prompt = input.IsPacked ? 0 : states.shape[1] - input.InputIds.shape[1];
        return prompt == 0 ? states : states.slice(1, prompt, states.shape[1], 1);
    }
}

/// <summary>A class, several labels or a number for the whole text: config.json's problem_type says which.</summary>
internal sealed partial class SequenceHead : ClassificationHead
{
    private readonly string? _problemType;

    internal SequenceHead(ClassifierRecipe recipe, ModelConfig config)
        : base(HeadKinds.SequenceClassification, recipe, config, config.Labels.Count)
    {
        _problemType = config.ProblemType;
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Score(states, input) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.OfText("loss", _problemType, output, targets)];
}

/// <summary>A tag for every token.</summary>
internal sealed partial class TokenHead : ClassificationHead
{
    internal TokenHead(ClassifierRecipe recipe, ModelConfig config)
        : base(HeadKinds.TokenClassification, recipe, config, config.Labels.Count)
    {
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Score(states, input) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.CrossEntropy("loss", output.Logits!, targets.Labels)];
}

/// <summary>Start and end of an answer: two scores a token.</summary>
internal sealed partial class SpanHead : ClassificationHead
{
    internal SpanHead(ClassifierRecipe recipe, ModelConfig config)
        : base(HeadKinds.QuestionAnswering, recipe, config, 2)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LossTerms => ["start", "end"];

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null)
    {
        Tensor scores = Score(states, input, rowsCompete: true); // […, 2]
        return new HeadOutput { StartLogits = scores.select(-1, 0), EndLogits = scores.select(-1, 1) };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
    [
        Heads.Losses.Position("start", output.StartLogits!, targets.StartPositions),
        Heads.Losses.Position("end", output.EndLogits!, targets.EndPositions),
    ];
}

/// <summary>
/// Original or replaced, for every token (Clark et al. 2020): one score a token, its sigmoid is the chance of "replaced".
/// </summary>
internal sealed partial class ReplacedTokensHead : ClassificationHead
{
    internal ReplacedTokensHead(ClassifierRecipe recipe, ModelConfig config)
        : base(HeadKinds.ReplacedTokens, recipe, config, 1)
    {
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Score(states, input).squeeze(-1) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.BinaryCrossEntropy("loss", output.Logits!, targets.Labels, input.AttentionMask)];
}

/// <summary>
/// One score for each choice. The batch holds the choices one after the other: B·C texts give [B, C] once <see cref="Choices"/> is known.
/// </summary>
internal sealed partial class ChoiceHead : ClassificationHead
{
    internal ChoiceHead(ClassifierRecipe recipe, ModelConfig config)
        : base(HeadKinds.MultipleChoice, recipe, config, 1)
    {
    }

    /// <summary>One score for each text, [B·C]; view it as [B, C].</summary>
    public Tensor Choices(BackboneOutput states, EncoderInput input) => Score(states, input, rowsCompete: true).squeeze(-1);

    /// <summary>Scores [B, C], where labels [B] say what B is; a single row without them.</summary>
    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Choices(states, input).view(targets?.Labels?.shape[0] ?? 1, -1) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.CrossEntropy("loss", output.Logits!, targets.Labels)];
}
