namespace Graft.Tasks;

/// <summary>What a feature is trained towards: one type for each kind of answer.</summary>
public abstract record FeatureTarget
{
    /// <summary>Tokens that the model writes in training.</summary>
    internal virtual int WrittenTokens => 0;
}

/// <summary>The class of a text, or the right choice.</summary>
/// <param name="Class">From 0.</param>
internal sealed record ClassTarget(int Class) : FeatureTarget;

/// <summary>What a teacher answers in the place of a label.</summary>
/// <param name="Logits">The raw scores of the teacher, one a class.</param>
internal sealed record TaughtTarget(float[] Logits) : FeatureTarget;

/// <summary>A flag for each label.</summary>
/// <param name="Flags">1 where the label is given, 0 where not.</param>
internal sealed record LabelsTarget(float[] Flags) : FeatureTarget;

/// <summary>A number.</summary>
/// <param name="Value">The number.</param>
internal sealed record NumberTarget(float Value) : FeatureTarget;

/// <summary>A class for each token.</summary>
/// <param name="Classes">−100 where nothing is learned.</param>
internal sealed record TokensTarget(long[] Classes) : FeatureTarget
{
    /// <summary>The class of tokens that do not count.</summary>
    public const long NotLearned = -100;
}

/// <summary>A text to be written.</summary>
/// <param name="Ids">The tokens, the end token included.</param>
internal sealed record WrittenTarget(int[] Ids) : FeatureTarget
{
    internal override int WrittenTokens => Ids.Length;
}

/// <summary>First and last token of the answer; (0, 0) where the window has none.</summary>
/// <param name="Start">The first token.</param>
/// <param name="End">The last token.</param>
internal sealed record SpanTarget(int Start, int End) : FeatureTarget;
