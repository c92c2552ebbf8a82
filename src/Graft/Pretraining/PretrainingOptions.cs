using System.Globalization;
using Graft.Backbones;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Training;

namespace Graft.Pretraining;

/// <summary>The objectives of <c>graft pretrain</c>.</summary>
public enum ObjectiveKind
{
    /// <summary>Masked tokens.</summary>
    MaskedLm,

    /// <summary>Masked tokens and the next sentence (BERT).</summary>
    MaskedLmWithNextSentence,

    /// <summary>Masked tokens and the order of sentences (ALBERT).</summary>
    MaskedLmWithSentenceOrder,

    /// <summary>Masked spans.</summary>
    Spans,

    /// <summary>Masked spans and their boundaries (SpanBERT).</summary>
    SpansWithBoundaries,

    /// <summary>Replaced tokens (ELECTRA).</summary>
    ReplacedTokens,

    /// <summary>The next token (GPT).</summary>
    Causal,

    /// <summary>Spans cut out of the text (T5).</summary>
    SpanCorruption,
}

/// <summary>How a pre-training run goes.</summary>
public sealed record PretrainingOptions
{
    /// <summary>What is learnt.</summary>
    public ObjectiveKind Objective { get; init; }

    /// <summary>Masking of tokens, words and n-grams.</summary>
    public MaskedLmOptions Masking { get; init; } = new();

    /// <summary>Masking of spans.</summary>
    public SpanMaskingOptions SpanMasking { get; init; } = new();

    /// <summary>Span corruption.</summary>
    public SpanCorruptionOptions SpanCorruption { get; init; } = new();

    /// <summary>Tokens of a sequence, specials included.</summary>
    /// <value>128.</value>
    public int MaxLength { get; init; } = 128;

    /// <summary>Documents of a window do not see each other: each becomes a sequence of its own.</summary>
    public bool CutAtDocuments { get; init; }

    /// <summary>Windows (or pairs) in an optimizer batch.</summary>
    /// <value>32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Micro-batches the optimizer batch is cut into; changes memory, not the result.</summary>
    /// <value>1.</value>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>Decay of the weights' moving average, which is then what is evaluated and saved.</summary>
    /// <value>Null: no average.</value>
    public double? MovingAverage { get; init; }

    /// <summary>Held-out sequences that are evaluated.</summary>
    /// <value>512.</value>
    public int HeldOutSequences { get; init; } = 512;

    /// <summary>The loop's options.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The objective of a name on the command line.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static ObjectiveKind ParseObjective(string name) => name switch
    {
        "mlm" => ObjectiveKind.MaskedLm,
        "mlm+nsp" => ObjectiveKind.MaskedLmWithNextSentence,
        "mlm+sop" => ObjectiveKind.MaskedLmWithSentenceOrder,
        "span" => ObjectiveKind.Spans,
        "span+sbo" => ObjectiveKind.SpansWithBoundaries,
        "rtd" => ObjectiveKind.ReplacedTokens,
        "causal" => ObjectiveKind.Causal,
        "span-corruption" => ObjectiveKind.SpanCorruption,
        _ => throw new InputException("objective", name, "mlm, mlm+nsp, mlm+sop, span, span+sbo, rtd, causal or span-corruption"),
    };

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        Masking.Validate();
        SpanMasking.Validate();
        SpanCorruption.Validate();
        if (BatchSize < 1)
            throw new InputException("batch-size", BatchSize.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (GradientAccumulation < 1)
            throw new InputException("gradient-accumulation", GradientAccumulation.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (HeldOutSequences < 1)
            throw new InputException("held-out-sequences", HeldOutSequences.ToString(CultureInfo.InvariantCulture), "at least 1");
        Training.Validate();
    }

    /// <summary>The head that the objective trains.</summary>
    internal HeadKind Head => Objective switch
    {
        ObjectiveKind.MaskedLm or ObjectiveKind.Spans => HeadKind.MaskedLm,
        ObjectiveKind.SpansWithBoundaries => HeadKind.SpanBoundary,
        ObjectiveKind.ReplacedTokens => HeadKind.ReplacedTokens,
        ObjectiveKind.Causal => HeadKind.CausalLm,
        ObjectiveKind.SpanCorruption => HeadKind.SequenceToSequence,
        _ => HeadKind.PreTraining,
    };

    /// <summary>The objective, with what it needs of the tokenizer.</summary>
    /// <param name="codec">The tokenizer.</param>
    /// <param name="generator">ELECTRA's generator; null for other objectives.</param>
    internal PretrainingObjective CreateObjective(TextCodec codec, PretrainedModel? generator = null) =>
        Objective switch
        {
            ObjectiveKind.MaskedLm => new MaskedObjective(Masking, codec.MaskingVocabulary()),
            ObjectiveKind.MaskedLmWithNextSentence => new MaskedObjective(Masking, codec.MaskingVocabulary(), sentenceOrder: false),
            ObjectiveKind.MaskedLmWithSentenceOrder => new MaskedObjective(Masking, codec.MaskingVocabulary(), sentenceOrder: true),
            ObjectiveKind.Spans => new SpanObjective(SpanMasking, codec.MaskingVocabulary(), boundary: false),
            ObjectiveKind.SpansWithBoundaries => new SpanObjective(SpanMasking, codec.MaskingVocabulary(), boundary: true),
            ObjectiveKind.ReplacedTokens => new ReplacedTokensObjective(
                generator ?? throw new InputException("replaced-token detection trains a generator too: run it through graft pretrain"),
                Masking with
                {
                    Replacement = MaskReplacement.Electra,
                },
                codec.MaskingVocabulary()
            ),
            ObjectiveKind.Causal => new CausalObjective(),
            ObjectiveKind.SpanCorruption => new SpanCorruptionObjective(
                SpanCorruption,
                codec.Sentinels(),
                codec.SeparatorId,
                codec.Tokenizer.PadId ?? 0
            ),
            _ => throw new InvalidOperationException($"no objective {Objective}"),
        };
}
