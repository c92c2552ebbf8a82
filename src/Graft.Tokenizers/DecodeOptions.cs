namespace Graft.Tokenizers;

/// <summary>How ids are turned back to text.</summary>
public sealed record DecodeOptions
{
    /// <value>Leave special tokens out.</value>
    public bool SkipSpecialTokens { get; init; } = true;

    /// <value>Take back the spaces before English punctuation and contractions (<c>do n't .</c> → <c>don't.</c>).</value>
    public bool CleanUpSpaces { get; init; }
}
