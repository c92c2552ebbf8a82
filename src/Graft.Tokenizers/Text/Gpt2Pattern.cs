using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Text;

/// <summary>
/// GPT-2's pattern <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, by hand: one pass, no
/// backtracking. It matches everywhere, so a text falls into matches without gaps.
/// </summary>
internal sealed class Gpt2Pattern : Pattern
{
    private enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>The pattern has no state.</summary>
    public static Gpt2Pattern Instance { get; } = new();

    public override void FindAll(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = MatchEnd(text, start);
            matches.Add(new(start, end));
            start = end;
        }
    }

    /// <summary>Where the match that begins at <paramref name="start"/> ends.</summary>
    public static int MatchEnd(ReadOnlySpan<char> text, int start)
    {
        int contraction = ContractionLength(text[start..]);
        if (contraction > 0) return start + contraction;
        Kind first = KindAt(text, start, out int length);
        if (first != Kind.Space) return RunEnd(text, start + length, first);

        // A space goes with what follows it, other white space never does.
        int next = start + length;
        if (text[start] == ' ' && next < text.Length && KindAt(text, next, out int nextLength) is var kind and not Kind.Space)
            return RunEnd(text, next + nextLength, kind);

        // White space leaves its last character to what follows, unless it has only one.
        int end = RunEnd(text, next, Kind.Space);
        return end == text.Length || end == next ? end : end - 1;
    }

    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] != '\'') return 0;
        if (text[1] is 's' or 't' or 'm' or 'd') return 2;
        if (text.Length < 3) return 0;
        return (text[1], text[2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static int RunEnd(ReadOnlySpan<char> text, int from, Kind kind)
    {
        while (from < text.Length && KindAt(text, from, out int length) == kind) from += length;
        return from;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        int codePoint = Utf16.At(text, index, out length);
        return CodePoint.IsLetter(codePoint) ? Kind.Letter
            : CodePoint.IsNumber(codePoint) ? Kind.Number
            : CodePoint.IsWhiteSpace(codePoint) ? Kind.Space
            : Kind.Other;
    }
}
