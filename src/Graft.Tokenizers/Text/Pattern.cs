namespace Graft.Tokenizers.Text;

/// <summary>Something that can be found in a text: a class of characters, a string, an expression. Matches do not overlap.</summary>
internal abstract class Pattern
{
    /// <summary>Adds all matches in a text, in order.</summary>
    public abstract void FindAll(ReadOnlySpan<char> text, List<TextRange> matches);
}

/// <summary>Every single code point of a class is a match of its own.</summary>
internal sealed class CharacterPattern(Func<int, bool> isMatch) : Pattern
{
    public override void FindAll(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        for (int i = 0; i < text.Length;)
        {
            int codePoint = Utf16.At(text, i, out int length);
            if (isMatch(codePoint)) matches.Add(new(i, i + length));
            i += length;
        }
    }
}

/// <summary>A fixed string; the empty one is found nowhere.</summary>
internal sealed class StringPattern(string content) : Pattern
{
    public override void FindAll(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        if (content.Length == 0) return;
        int from = 0;
        while (text[from..].IndexOf(content, StringComparison.Ordinal) is int found and >= 0)
        {
            matches.Add(new(from + found, from + found + content.Length));
            from += found + content.Length;
        }
    }
}
