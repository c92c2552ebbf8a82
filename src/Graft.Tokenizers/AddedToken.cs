namespace Graft.Tokenizers;

/// <summary>A token that is found in the text as it stands, before normalizer, pre-tokenizer and model see it.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Id">The id.</param>
public sealed record AddedToken(string Content, int Id)
{
    /// <value>
    /// It carries no text (<c>[CLS]</c>, <c>&lt;pad&gt;</c>): decoding can leave it out, encoding can treat its text as ordinary.
    /// </value>
    public bool Special { get; init; }

    /// <value>It counts only where no word character stands beside it.</value>
    public bool SingleWord { get; init; }

    /// <value>It swallows the white space before it.</value>
    public bool LeftStrip { get; init; }

    /// <value>It swallows the white space after it.</value>
    public bool RightStrip { get; init; }

    /// <value>It is looked for in the normalized text instead of the original.</value>
    public bool Normalized { get; init; }
}
