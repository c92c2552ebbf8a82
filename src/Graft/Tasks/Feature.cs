using Graft.Tokenizers;

namespace Graft.Tasks;

/// <summary>
/// What the model sees of an example: one window of token ids with what it is trained towards. An example that is longer than the limit
/// has several.
/// </summary>
public sealed record Feature
{
    /// <summary>Which example of the data this is a window of.</summary>
    public required int Example { get; init; }

    /// <summary>Token ids, special tokens included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Segment of each token.</summary>
    public required int[] TypeIds { get; init; }

    /// <summary>For each token the word it begins, −1 for all others; null where the task knows no words.</summary>
    public int[]? FirstOfWord { get; init; }

    /// <summary>For each token the range of the text it stands for, empty outside the text that may hold an answer; null where the task asks for none.</summary>
    public TextRange[]? Offsets { get; init; }

    /// <summary>For each token whether it goes on with the word of the token before it; null where the task does not ask.</summary>
    public bool[]? Continues { get; init; }

    /// <summary>The lengths of the choices whose ids stand one after the other, each a sequence of its own; null for a single sequence.</summary>
    public int[]? Choices { get; init; }

    /// <summary>Of choices and pairs: how many of the sequences are windows of each part, in order; null: one each.</summary>
    public int[]? Windows { get; init; }

    /// <summary>The number of sequences that go through the model.</summary>
    internal int Sequences => Choices?.Length ?? 1;

    /// <summary>Tokens that go through the model: those read and those written.</summary>
    internal int TokenCount => Ids.Length + (Target.Text?.Length ?? 0);

    /// <summary>What it is trained towards; empty for texts to be predicted.</summary>
    public FeatureTarget Target { get; init; } = FeatureTarget.None;
}

/// <summary>What a feature is trained towards; each task sets the part that its head reads.</summary>
public sealed record FeatureTarget
{
    /// <summary>Nothing.</summary>
    public static FeatureTarget None { get; } = new();

    /// <summary>The class of the text (or the right choice).</summary>
    public long? Class { get; init; }

    /// <summary>A number, or a flag for each label.</summary>
    public float[]? Values { get; init; }

    /// <summary>A class for each token, −100 where nothing is learned.</summary>
    public long[]? Tokens { get; init; }

    /// <summary>The ids to be written, the end token included.</summary>
    public int[]? Text { get; init; }

    /// <summary>First and last token of the answer; (0, 0) where the window has none.</summary>
    public (int Start, int End)? Span { get; init; }
}

/// <summary>The head's raw scores of one feature.</summary>
/// <param name="Values">Row-major: one row for the text, or one for each token.</param>
/// <param name="Columns">Scores in a row.</param>
public readonly record struct FeatureScores(float[] Values, int Columns)
{
    /// <summary>The ids a generating model wrote; null for others.</summary>
    public IReadOnlyList<int>? Written { get; init; }

    /// <summary>The scores of a row.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);
}
