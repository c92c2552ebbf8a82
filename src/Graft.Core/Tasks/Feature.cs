using Graft.Tokenizers;

namespace Graft.Tasks;

/// <summary>
/// What the model sees of an example: one window of token ids with what it is trained towards. An example that is longer than the limit
/// has several. A task that keeps more of a window has a type of its own.
/// </summary>
public record Feature
{
    /// <summary>Which example of the data this is a window of.</summary>
    public required int Example { get; init; }

    /// <summary>Token ids, special tokens included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Segment of each token.</summary>
    public required int[] TypeIds { get; init; }

    /// <summary>What it is trained towards; null for texts to be predicted.</summary>
    public FeatureTarget? Target { get; init; }

    /// <summary>The lengths of the sequences whose ids stand one after the other: one, but for features of several parts.</summary>
    public virtual IReadOnlyList<int> SequenceLengths => [Ids.Length];

    /// <summary>
    /// How many of the sequences are windows of each part, in order: one sequence of one part, but for features of several parts.
    /// </summary>
    public virtual IReadOnlyList<int> WindowsOfParts => s_one;

    /// <summary>Tokens that go through the model: those read and those written.</summary>
    internal int TokenCount => Ids.Length + (Target?.WrittenTokens ?? 0);

    private static readonly int[] s_one = [1];
}

/// <summary>A window of a sentence of words.</summary>
internal sealed record WordsFeature : Feature
{
    /// <summary>For each token the word it begins, −1 for all others.</summary>
    public required int[] FirstOfWord { get; init; }

    /// <summary>For each token the range of the text it stands for; null where the task does not ask.</summary>
    public TextRange[]? Offsets { get; init; }

    /// <summary>For each token whether it goes on with the word of the token before it; null where the task does not ask.</summary>
    public bool[]? Continues { get; init; }
}

/// <summary>A window of a text that may hold an answer.</summary>
internal sealed record PassageFeature : Feature
{
    /// <summary>For each token the range of the text it stands for, empty outside the text.</summary>
    public required TextRange[] Offsets { get; init; }
}

/// <summary>
/// Parts that go through the model beside each other, each in one or more windows: the choices of a question, the two texts of a pair.
/// </summary>
internal sealed record PartsFeature : Feature
{
    /// <summary>The length of each window.</summary>
    public required int[] Lengths { get; init; }

    /// <summary>The number of windows of each part.</summary>
    public required int[] Windows { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> SequenceLengths => Lengths;

    /// <inheritdoc/>
    public override IReadOnlyList<int> WindowsOfParts => Windows;
}
