using Graft.Backbones;

namespace Graft.Heads;

/// <summary>A head as the library knows it: its name and how it is made on a backbone.</summary>
/// <param name="Kind">The name: one of <see cref="HeadKinds"/>, or one of a program's own.</param>
/// <param name="Create">Makes the head; the values of its parameters are undefined until they are drawn or loaded.</param>
public sealed record HeadDefinition(string Kind, Func<HeadContext, Head> Create)
{
    /// <summary>
    /// The head of Graft's own whose place this one takes: families give it the backbone of that head (with a pooler or without), its
    /// recipe and its prefix of parameter names.
    /// </summary>
    /// <value>Null where families know <see cref="Kind"/> themselves.</value>
    public string? Like { get; init; }
}

/// <summary>What a head is made from.</summary>
public sealed record HeadContext
{
    internal HeadContext(string kind, ModelConfig config, Backbone backbone) => (Kind, Config, Backbone) = (kind, config, backbone);

    /// <summary>The name that the head was asked for by.</summary>
    public string Kind { get; }

    /// <summary>Sizes and labels.</summary>
    public ModelConfig Config { get; }

    /// <summary>What the head stands on.</summary>
    public Backbone Backbone { get; }

    /// <summary>How an embedding head pools: the ways whose vectors are joined.</summary>
    internal IReadOnlyList<EmbeddingPooling> Poolings { get; init; } = [EmbeddingPooling.Mean];

    /// <summary>What follows the pooling of an embedding head.</summary>
    internal IReadOnlyList<EmbeddingStep> Steps { get; init; } = [];

    /// <summary>What the family's head is made of and what its checkpoints call the parts.</summary>
    /// <exception cref="InputException">The family has no such head, or this backbone lacks the pooler that it reads.</exception>
    public HeadRecipe Recipe()
    {
        HeadRecipe recipe = ModelFamilies.Of(Config.ModelType, "config.json").Recipe(ModelHeads.KnownAs(Kind), Config)
            ?? throw new InputException($"a {Config.ModelType} model has no {Kind} head");
        if (
            recipe is LanguageModelRecipe { Decoder: null } shared
            && Config.Has("tie_word_embeddings")
            && !Config.Flag("tie_word_embeddings")
        )
            recipe = WithOwnDecoder(shared);
        return recipe is ClassifierRecipe { Pooling: HeadPooling.Pooler } && !Backbone.HasPooler
            ? throw new InputException(
                $"this {Config.ModelType} backbone was loaded without the pooler that its {Kind} head reads: adapters of such heads "
                    + $"are opened one at a time, not in a bank"
            )
            : recipe;
    }

    private LanguageModelRecipe WithOwnDecoder(LanguageModelRecipe recipe)
    {
        if (recipe.Scale != 1) return recipe; // T5 1.0 shares the table whatever the key says
        (string decoder, string? bias) = ModelFamilies.Of(Config.ModelType, "config.json").OwnDecoder(Config)
            ?? throw new InputException(
                $"config.json: \"tie_word_embeddings\" is false: Graft has no {Config.ModelType} head with a matrix of its own"
            );
        return recipe with { Decoder = decoder, Bias = recipe.Bias is null ? null : bias };
    }
}
