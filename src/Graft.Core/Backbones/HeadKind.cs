namespace Graft.Backbones;

/// <summary>What stands on top of a backbone.</summary>
public enum HeadKind
{
    /// <summary>Nothing: hidden states (and the pooled state where the family has one).</summary>
    None,

    /// <summary>Scores of every vocabulary entry for masked tokens.</summary>
    MaskedLm,

    /// <summary>Masked LM and a judgement of the sentence pair (BERT: next sentence; ALBERT: sentence order).</summary>
    PreTraining,

    /// <summary>Masked LM and the span-boundary objective (SpanBERT).</summary>
    SpanBoundary,

    /// <summary>Original or replaced, for every token (ELECTRA's discriminator).</summary>
    ReplacedTokens,

    /// <summary>The next token.</summary>
    CausalLm,

    /// <summary>The next token of a target text (T5).</summary>
    SequenceToSequence,

    /// <summary>A class, several labels or a number for the whole text.</summary>
    SequenceClassification,

    /// <summary>A tag for every token.</summary>
    TokenClassification,

    /// <summary>Start and end of the answer.</summary>
    QuestionAnswering,

    /// <summary>A score for each choice.</summary>
    MultipleChoice,

    /// <summary>One vector for the whole text.</summary>
    Embedding,
}
