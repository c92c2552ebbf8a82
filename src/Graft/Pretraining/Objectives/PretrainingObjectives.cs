using Graft.Backbones;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Tokenizers;

namespace Graft.Pretraining.Objectives;

/// <summary>An objective as a run knows it: its name, the head it trains, and how it is made.</summary>
/// <param name="Name">The name on the command line and in run folders.</param>
/// <param name="Head">The head that new models get: one of <see cref="HeadKinds"/> or a registered one.</param>
/// <param name="Create">Makes the objective of a run.</param>
public sealed record PretrainingObjectiveDefinition(
    string Name,
    string Head,
    Func<PretrainingObjectiveContext, PretrainingObjective> Create
)
{
    /// <summary>Whether a small masked language model is trained beside the model.</summary>
    internal bool TrainsGenerator { get; init; }

    /// <summary>The name that run folders have of it.</summary>
    internal string? Recorded { get; init; }
}

/// <summary>What an objective is made from.</summary>
public sealed record PretrainingObjectiveContext
{
    internal PretrainingObjectiveContext(PretrainingOptions options, TextCodec codec, PretrainedModel? generator) =>
        (Options, Codec, Generator) = (options, codec, generator);

    /// <summary>How the run goes.</summary>
    public PretrainingOptions Options { get; }

    /// <summary>What the text is cut by.</summary>
    public Tokenizer Tokenizer => Codec.Tokenizer;

    internal TextCodec Codec { get; }

    internal PretrainedModel? Generator { get; }
}

/// <summary>
/// The objectives of <c>graft pretrain</c>: a line each, and those that a program registers (samples/CustomObjective).
/// </summary>
public static class PretrainingObjectives
{
    private static readonly Lock s_lock = new();
    private static volatile PretrainingObjectiveDefinition[] s_all = [];

    static PretrainingObjectives()
    {
        Add("mlm", "masked_lm", HeadKinds.MaskedLm, c => new MaskedObjective(c.Options.Masking, c.Codec.MaskingVocabulary()));
        Add("mlm+nsp", "masked_lm_with_next_sentence", HeadKinds.PreTraining, context => Pairs(context, sentenceOrder: false));
        Add("mlm+sop", "masked_lm_with_sentence_order", HeadKinds.PreTraining, context => Pairs(context, sentenceOrder: true));
        Add("span", "spans", HeadKinds.MaskedLm, context => Spans(context, boundary: false));
        Add("span+sbo", "spans_with_boundaries", HeadKinds.SpanBoundary, context => Spans(context, boundary: true));
        Register(
            new PretrainingObjectiveDefinition("rtd", HeadKinds.ReplacedTokens, ReplacedTokens)
            {
                Recorded = "replaced_tokens",
                TrainsGenerator = true,
            }
        );
        Add("causal", "causal", HeadKinds.CausalLm, _ => new CausalObjective());
        Add("span-corruption", "span_corruption", HeadKinds.SequenceToSequence, SpanCorruption);
    }

    /// <summary>The names on the command line.</summary>
    public static IReadOnlyList<string> Names => [.. s_all.Select(objective => objective.Name)];

    /// <summary>Adds an objective of your own; runs and the command line then know its name.</summary>
    /// <exception cref="ArgumentException">Its name is taken.</exception>
    public static void Register(PretrainingObjectiveDefinition objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        if (string.IsNullOrWhiteSpace(objective.Name)) throw new ArgumentException("an objective needs a name", nameof(objective));
        lock (s_lock)
        {
            if (s_all.Any(known => known.Name == objective.Name))
                throw new ArgumentException($"there is an objective \"{objective.Name}\" already", nameof(objective));
            s_all = [.. s_all, objective];
        }
    }

    /// <summary>The objective of a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    internal static PretrainingObjectiveDefinition Find(string name) =>
        s_all.FirstOrDefault(objective => objective.Name == name)
        ?? throw new InputException("objective", name, $"{string.Join(", ", Names.SkipLast(1))} or {Names[^1]}");

    /// <summary>The objective of a run, with what it needs of the tokenizer.</summary>
    /// <param name="options">How the run goes.</param>
    /// <param name="codec">The tokenizer.</param>
    /// <param name="generator">ELECTRA's generator; null for other objectives.</param>
    internal static PretrainingObjective Create(PretrainingOptions options, TextCodec codec, PretrainedModel? generator = null) =>
        Find(options.Objective).Create(new PretrainingObjectiveContext(options, codec, generator));

    private static void Add(
        string name,
        string recorded,
        string head,
        Func<PretrainingObjectiveContext, PretrainingObjective> create
    ) => Register(new PretrainingObjectiveDefinition(name, head, create) { Recorded = recorded });

    private static MaskedObjective Pairs(PretrainingObjectiveContext context, bool sentenceOrder) =>
        new(context.Options.Masking, context.Codec.MaskingVocabulary(), sentenceOrder);

    private static SpanObjective Spans(PretrainingObjectiveContext context, bool boundary) =>
        new(context.Options.SpanMasking, context.Codec.MaskingVocabulary(), boundary);

    private static ReplacedTokensObjective ReplacedTokens(PretrainingObjectiveContext context) =>
        new(
            context.Generator
                ?? throw new InputException("replaced-token detection trains a generator too: run it through graft pretrain"),
            context.Options.Masking with
            {
                Replacement = MaskReplacement.Electra,
            },
            context.Codec.MaskingVocabulary()
        );

    private static SpanCorruptionObjective SpanCorruption(PretrainingObjectiveContext context) =>
        new(context.Options.SpanCorruption, context.Codec.Sentinels(), context.Codec.SeparatorId, context.Tokenizer.PadId ?? 0);
}
