namespace Graft.Tokenizers.Text;

/// <summary>Something that can be found in a text: a class of characters, a string, an expression. Matches do not overlap.</summary>
internal abstract class Pattern
{
    /// <summary>Finds the first match at or after <paramref name="from"/>; false when there is none.</summary>
    public abstract bool Find(ReadOnlySpan<char> text, int from, out TextRange match);
}

/// <summary>Every single code point of a class is a match of its own.</summary>
internal sealed class CharacterPattern(Func<int, bool> isMatch) : Pattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out TextRange match)
    {
        for (int i = from; i < text.Length;)
        {
            int codePoint = Utf16.At(text, i, out int length);
            if (isMatch(codePoint))
            {
                match = new(i, i + length);
                return true;
            }

            i += length;
        }

        match = default;
        return false;
    }
}

/// <summary>A fixed string.</summary>
internal sealed class StringPattern(string content) : Pattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out TextRange match)
    {
        int found = content.Length == 0 ? -1 : text[from..].IndexOf(content, StringComparison.Ordinal);
        match = new(from + found, from + found + content.Length);
        return found >= 0;
    }
}
