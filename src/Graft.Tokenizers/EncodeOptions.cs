namespace Graft.Tokenizers;

/// <summary>The unit offsets count in.</summary>
public enum OffsetUnit
{
    /// <summary>UTF-16 units: indexes into a .NET string.</summary>
    Utf16,

    /// <summary>Unicode code points, as Python counts.</summary>
    CodePoint,

    /// <summary>Bytes of the text in UTF-8.</summary>
    Utf8,
}

/// <summary>Which text gives way when the tokens are too many.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, down to the length of the shorter, then both alike.</summary>
    LongestFirst,

    /// <summary>The first text only.</summary>
    OnlyFirst,

    /// <summary>The second text only.</summary>
    OnlySecond,
}

/// <summary>A side of a sequence.</summary>
public enum Side
{
    /// <summary>The end.</summary>
    Right,

    /// <summary>The beginning.</summary>
    Left,
}

/// <summary>How long the encodings of a batch are made.</summary>
public enum PaddingMode
{
    /// <summary>As long as they are.</summary>
    None,

    /// <summary>As long as the longest of the batch.</summary>
    Longest,

    /// <summary><see cref="EncodeOptions.PadLength"/>, or where that is not set <see cref="EncodeOptions.MaxLength"/>.</summary>
    Fixed,
}

/// <summary>How a text is encoded. The default: special tokens, no truncation, no padding, offsets in UTF-16 units.</summary>
public sealed record EncodeOptions
{
    /// <summary>The default options.</summary>
    public static EncodeOptions Default { get; } = new();

    /// <value>Put the tokenizer's special tokens around the text.</value>
    public bool AddSpecialTokens { get; init; } = true;

    /// <value>Treat special tokens that stand in the text as ordinary text.</value>
    public bool SplitSpecialTokens { get; init; }

    /// <value>The unit of <see cref="TokenizedText.Offsets"/>.</value>
    public OffsetUnit Offsets { get; init; } = OffsetUnit.Utf16;

    /// <value>The largest number of tokens, special tokens included; what is cut off is in <see cref="TokenizedText.Overflow"/>.</value>
    public int? MaxLength { get; init; }

    /// <value>The number of tokens that one window shares with the next.</value>
    public int Stride { get; init; }

    /// <value>Which text is cut.</value>
    public TruncationStrategy Truncation { get; init; } = TruncationStrategy.LongestFirst;

    /// <value>The side tokens are cut from.</value>
    public Side TruncationSide { get; init; } = Side.Right;

    /// <value>How long the encodings are made.</value>
    public PaddingMode Padding { get; init; } = PaddingMode.None;

    /// <value>The length of <see cref="PaddingMode.Fixed"/>.</value>
    public int? PadLength { get; init; }

    /// <value>The padded length is rounded up to a multiple of this; 0 for no rounding.</value>
    public int PadToMultipleOf { get; init; }

    /// <value>The side padding is put on.</value>
    public Side PaddingSide { get; init; } = Side.Right;

    /// <value>The token to pad with; null for the tokenizer's own.</value>
    public string? PadToken { get; init; }

    /// <value>The threads that a batch is encoded on. What comes out does not depend on it.</value>
    public int Threads { get; init; } = 1;

    /// <summary>Checks that the values make sense.</summary>
    /// <exception cref="InputException">One does not; the message names it.</exception>
    public void Validate()
    {
        if (MaxLength < 0)
            throw new InputException($"MaxLength is {MaxLength}; it must be 0 or more");
        if (Stride < 0)
            throw new InputException($"Stride is {Stride}; it must be 0 or more");
        if (Threads < 1)
            throw new InputException($"Threads is {Threads}; it must be 1 or more");
        if (PadToMultipleOf < 0)
            throw new InputException($"PadToMultipleOf is {PadToMultipleOf}; it must be 0 or more");
        if (Padding == PaddingMode.Fixed && PadLength is null && MaxLength is null)
            throw new InputException("Padding to a fixed length needs PadLength or MaxLength");
    }
}
