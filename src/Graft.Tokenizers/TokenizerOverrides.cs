namespace Graft.Tokenizers;

/// <summary>
/// Settings of a tokenizer's steps that differ from its files. What is null, or what no step of the tokenizer has, stays as it is.
/// </summary>
public sealed record TokenizerOverrides
{
    /// <value>Lower-case the text (BERT).</value>
    public bool? LowerCase { get; init; }

    /// <value>Strip accents (BERT).</value>
    public bool? StripAccents { get; init; }

    /// <value>Set CJK ideographs apart (BERT).</value>
    public bool? HandleChineseChars { get; init; }

    /// <value>Drop control characters and make white space a space (BERT).</value>
    public bool? CleanText { get; init; }

    /// <value>Put a space before a text that does not begin with one (byte-level BPE).</value>
    public bool? AddPrefixSpace { get; init; }

    /// <value>Leave spaces out of the offsets (byte-level BPE).</value>
    public bool? TrimOffsets { get; init; }
}
