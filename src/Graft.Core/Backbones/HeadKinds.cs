namespace Graft.Backbones;

/// <summary>
/// The names of Graft's own heads: what stands on top of a backbone. A program adds others under names of its own
/// (<c>ModelHeads.Register</c>).
/// </summary>
public static class HeadKinds
{
    /// <summary>Nothing: hidden states (and the pooled state where the family has one).</summary>
    public const string None = "None";

    /// <summary>Scores of every vocabulary entry for masked tokens.</summary>
    public const string MaskedLm = "MaskedLm";

    /// <summary>Masked LM and a judgement of the sentence pair (BERT: next sentence; ALBERT: sentence order).</summary>
    public const string PreTraining = "PreTraining";

    /// <summary>Masked LM and the span-boundary objective (SpanBERT).</summary>
    public const string SpanBoundary = "SpanBoundary";

    /// <summary>Original or replaced, for every token (ELECTRA's discriminator).</summary>
    public const string ReplacedTokens = "ReplacedTokens";

    /// <summary>The next token.</summary>
    public const string CausalLm = "CausalLm";

    /// <summary>The next token of a target text (T5).</summary>
    public const string SequenceToSequence = "SequenceToSequence";

    /// <summary>A class, several labels or a number for the whole text.</summary>
    public const string SequenceClassification = "SequenceClassification";

    /// <summary>A tag for every token.</summary>
    public const string TokenClassification = "TokenClassification";

    /// <summary>Start and end of the answer.</summary>
    public const string QuestionAnswering = "QuestionAnswering";

    /// <summary>A score for each choice.</summary>
    public const string MultipleChoice = "MultipleChoice";

    /// <summary>One vector for the whole text.</summary>
    public const string Embedding = "Embedding";
}
