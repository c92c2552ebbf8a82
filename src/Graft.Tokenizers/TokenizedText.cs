namespace Graft.Tokenizers;

/// <summary>
/// A text, or two, as tokens. All lists have the same length: one entry a token. <c>[CLS] un ##aff ##able [SEP]</c> has the word ids
/// −1 0 0 0 −1 and the sequence ids −1 0 0 0 −1.
/// </summary>
public sealed class TokenizedText
{
    internal TokenizedText(int length)
    {
        Ids = new int[length];
        TypeIds = new int[length];
        Tokens = new string[length];
        Offsets = new TextRange[length];
        WordIds = new int[length];
        SequenceIds = new int[length];
        SpecialTokensMask = new int[length];
        AttentionMask = new int[length];
    }

    /// <summary>The number of tokens.</summary>
    public int Length => Ids.Length;

    /// <summary>The tokens' ids.</summary>
    public int[] Ids { get; }

    /// <summary>The token types (0 for the first text, 1 for the second in most models).</summary>
    public int[] TypeIds { get; }

    /// <summary>
    /// The tokens as the vocabulary has them; of an added token the text it was found in, of an unknown piece of a Unigram model that
    /// piece.
    /// </summary>
    public string[] Tokens { get; }

    /// <summary>
    /// The range of the original text each token stands for (pre-split: of its word); 0…0 for special tokens that were added.
    /// </summary>
    public TextRange[] Offsets { get; }

    /// <summary>
    /// The word each token belongs to, counted from 0 in each text; −1 for special tokens that were added and for padding.
    /// </summary>
    public int[] WordIds { get; }

    /// <summary>The text each token belongs to, 0 or 1; −1 for special tokens that were added and for padding.</summary>
    public int[] SequenceIds { get; }

    /// <summary>1 for special tokens that were added and for padding, else 0.</summary>
    public int[] SpecialTokensMask { get; }

    /// <summary>0 for padding, else 1.</summary>
    public int[] AttentionMask { get; }

    /// <summary>The further windows of a text that was too long, in order; empty without truncation.</summary>
    public IReadOnlyList<TokenizedText> Overflow { get; internal set; } = [];

    /// <summary>Copies tokens of another encoding to a place of this one.</summary>
    internal void CopyFrom(TokenizedText other, int start, int count, int destination)
    {
        Array.Copy(other.Ids, start, Ids, destination, count);
        Array.Copy(other.TypeIds, start, TypeIds, destination, count);
        Array.Copy(other.Tokens, start, Tokens, destination, count);
        Array.Copy(other.Offsets, start, Offsets, destination, count);
        Array.Copy(other.WordIds, start, WordIds, destination, count);
        Array.Copy(other.SequenceIds, start, SequenceIds, destination, count);
        Array.Copy(other.SpecialTokensMask, start, SpecialTokensMask, destination, count);
        Array.Copy(other.AttentionMask, start, AttentionMask, destination, count);
    }

    /// <summary>The tokens from <paramref name="start"/> to <paramref name="end"/> as an encoding of their own.</summary>
    internal TokenizedText Slice(int start, int end)
    {
        TokenizedText slice = new(end - start);
        slice.CopyFrom(this, start, end - start, 0);
        return slice;
    }
}
