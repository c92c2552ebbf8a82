using Graft.Backbones;

namespace Graft.Heads;

/// <summary>
/// The heads that Graft knows: a line each, and those that a program registers, which then stand on every family that has the head they are
/// like (samples/CustomHead).
/// </summary>
public static class ModelHeads
{
    private static readonly Lock s_lock = new();
    private static volatile HeadDefinition[] s_all = [];

    static ModelHeads()
    {
        Classifier(HeadKinds.SequenceClassification, (recipe, config) => new SequenceHead(recipe, config));
        Classifier(HeadKinds.TokenClassification, (recipe, config) => new TokenHead(recipe, config));
        Classifier(HeadKinds.QuestionAnswering, (recipe, config) => new SpanHead(recipe, config));
        Classifier(HeadKinds.MultipleChoice, (recipe, config) => new ChoiceHead(recipe, config));
        Classifier(HeadKinds.ReplacedTokens, (recipe, config) => new ReplacedTokensHead(recipe, config));
        Language(HeadKinds.MaskedLm, (recipe, config, words) => new MaskedLmHead(recipe, config, words));
        Language(HeadKinds.PreTraining, (recipe, config, words) => new PreTrainingHead(recipe, config, words));
        Language(HeadKinds.SpanBoundary, (recipe, config, words) => new SpanBoundaryPreTrainingHead(recipe, config, words));
        Language(HeadKinds.CausalLm, (recipe, config, words) => new CausalLmHead(recipe, config, words));
        Language(HeadKinds.SequenceToSequence, (recipe, config, words) => new SequenceToSequenceHead(recipe, config, words));
        Register(new HeadDefinition(HeadKinds.Embedding, context => new EmbeddingHead(context.Poolings, context.Steps)));
    }

    /// <summary>The names of all heads.</summary>
    public static IReadOnlyList<string> Kinds => [.. s_all.Select(head => head.Kind)];

    /// <summary>Adds a head; from then on models are made, loaded, trained and saved with it.</summary>
    /// <exception cref="ArgumentException">Its name is taken.</exception>
    public static void Register(HeadDefinition head)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (string.IsNullOrWhiteSpace(head.Kind)) throw new ArgumentException("a head needs a name", nameof(head));
        lock (s_lock)
        {
            if (head.Kind == HeadKinds.None || s_all.Any(known => known.Kind == head.Kind))
                throw new ArgumentException($"there is a head \"{head.Kind}\" already", nameof(head));
            s_all = [.. s_all, head];
        }
    }

    /// <summary>The head of a published class's name, such as BertForMaskedLM.</summary>
    /// <exception cref="InputException">The family has no such class.</exception>
    public static string KindOf(ModelConfig config, string architecture)
    {
        ArgumentNullException.ThrowIfNull(config);
        ModelFamily family = ModelFamilies.Of(config.ModelType, "config.json");
        return family.Architectures.TryGetValue(architecture, out string? kind)
            ? kind
            : s_all.FirstOrDefault(head => head.Like is not null && ClassOf(family, head.Kind) == architecture)?.Kind
                ?? throw new InputException(
                    $"config.json: architecture {architecture} is not supported for {family.ModelType}: "
                        + $"{string.Join(", ", family.Architectures.Keys)} are"
                );
    }

    /// <summary>The class's name that a model with a head is saved under.</summary>
    internal static string ArchitectureOf(ModelConfig config, string kind)
    {
        ModelFamily family = ModelFamilies.Of(config.ModelType, "config.json");
        return kind != HeadKinds.None && Find(kind).Like is not null
            ? ClassOf(family, kind)
            : family.Architectures.First(pair => pair.Value == (kind == HeadKinds.Embedding ? HeadKinds.None : kind)).Key;
    }

    /// <summary>What families know a head as.</summary>
    /// <exception cref="InputException">There is no such head.</exception>
    internal static string KnownAs(string kind) => kind == HeadKinds.None ? kind : Find(kind).Like ?? kind;

    /// <summary>Makes a head; null for none.</summary>
    /// <exception cref="InputException">There is no such head, or the family has none of its kind.</exception>
    internal static Head? Create(HeadContext context) => context.Kind == HeadKinds.None ? null : Find(context.Kind).Create(context);

    private static HeadDefinition Find(string kind) =>
        s_all.FirstOrDefault(head => head.Kind == kind) ?? throw new InputException("head", kind, string.Join(", ", Kinds));

    private static string ClassOf(ModelFamily family, string kind) => $"{family.ClassPrefix}For{kind}";

    private static void Classifier(string kind, Func<ClassifierRecipe, ModelConfig, Head> create) =>
        Register(new HeadDefinition(kind, context => create((ClassifierRecipe)context.Recipe(), context.Config)));

    private static void Language(string kind, Func<LanguageModelRecipe, ModelConfig, Layers.EmbeddingTable, Head> create) =>
        Register(
            new HeadDefinition(kind, context => create((LanguageModelRecipe)context.Recipe(), context.Config, context.Backbone.Words))
        );
}
