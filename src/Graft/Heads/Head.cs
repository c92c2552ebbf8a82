using Graft.Backbones;
using Graft.Layers;

namespace Graft.Heads;

/// <summary>What turns hidden states into scores, and scores into a loss. A new one begins at N(0, initializer_range).</summary>
public abstract partial class Head : Layer
{
    private protected Head(HeadKind kind) => Kind = kind;

    /// <summary>Which head it is.</summary>
    public HeadKind Kind { get; }

    /// <summary>Names of the loss's terms, in the order of <see cref="Losses"/>.</summary>
    public virtual IReadOnlyList<string> LossTerms => ["loss"];

    /// <summary>Scores of a batch.</summary>
    /// <param name="states">What the backbone gave for <paramref name="input"/>.</param>
    /// <param name="input">Mask or boundaries, dropout.</param>
    /// <param name="targets">The span-boundary head reads its pairs from them; other heads do not look.</param>
    public abstract HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null);

    /// <summary>The terms of the loss.</summary>
    /// <exception cref="ArgumentException">The targets lack what this head is measured against.</exception>
    public abstract IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets);

    /// <summary>The head of a kind; null for none.</summary>
    /// <exception cref="InputException">The family has no such head.</exception>
    internal static Head? Create(HeadKind kind, ModelConfig config, Backbone backbone)
    {
        if (kind == HeadKind.None) return null;
        HeadRecipe recipe = ModelFamilies.Of(config.ModelType, "config.json").Recipe(kind, config)
            ?? throw new InputException($"a {config.ModelType} model has no {kind} head");
        if (
            recipe is LanguageModelRecipe { Decoder: null } shared
            && config.Has("tie_word_embeddings")
            && !config.Flag("tie_word_embeddings")
        )
            recipe = WithOwnDecoder(shared, config);
        if (recipe is ClassifierRecipe { Pooling: HeadPooling.Pooler } && !backbone.HasPooler)
            throw new InputException(
                $"this {config.ModelType} backbone was loaded without the pooler that its {kind} head reads: adapters of such heads "
                    + $"are opened one at a time, not in a bank"
            );
        return (kind, recipe) switch
        {
            (HeadKind.QuestionAnswering, ClassifierRecipe classifier) => new SpanHead(classifier, config),
            (HeadKind.ReplacedTokens, ClassifierRecipe classifier) => new ReplacedTokensHead(classifier, config),
            (HeadKind.MultipleChoice, ClassifierRecipe classifier) => new ChoiceHead(classifier, config),
            (HeadKind.TokenClassification, ClassifierRecipe classifier) => new TokenHead(classifier, config),
            (_, ClassifierRecipe classifier) => new SequenceHead(classifier, config),
            (HeadKind.CausalLm, LanguageModelRecipe language) => new CausalLmHead(language, config, backbone.Words),
            (HeadKind.SequenceToSequence, LanguageModelRecipe language) => new SequenceToSequenceHead(language, config, backbone.Words),
            (HeadKind.PreTraining, LanguageModelRecipe language) => new PreTrainingHead(language, config, backbone.Words),
            (HeadKind.SpanBoundary, LanguageModelRecipe language) => new SpanBoundaryPreTrainingHead(language, config, backbone.Words),
            (_, LanguageModelRecipe language) => new MaskedLmHead(language, config, backbone.Words),
            _ => throw new InvalidOperationException($"no head is built from {recipe}"),
        };
    }

    private static LanguageModelRecipe WithOwnDecoder(LanguageModelRecipe recipe, ModelConfig config)
    {
        ModelFamily family = ModelFamilies.Of(config.ModelType, "config.json");
        if (recipe.Scale != 1) return recipe; // T5 1.0 shares the table whatever the key says
        (string decoder, string? bias) = family.OwnDecoder(config)
            ?? throw new InputException(
                $"config.json: \"tie_word_embeddings\" is false: Graft has no {config.ModelType} head with a matrix of its own"
            );
        return recipe with { Decoder = decoder, Bias = recipe.Bias is null ? null : bias };
    }
}
