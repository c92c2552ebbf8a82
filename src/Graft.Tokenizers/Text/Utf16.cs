using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Text;

/// <summary>Walking UTF-16 by code points. A surrogate without its partner reads as U+FFFD, as everywhere in this library.</summary>
internal static class Utf16
{
    /// <summary>The code point at an index of the text, and its length in UTF-16 units (1 or 2).</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        char first = text[index];
        length = 1;
        if (!char.IsSurrogate(first)) return first;
        if (index + 1 < text.Length && char.IsSurrogatePair(first, text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(first, text[index + 1]);
        }

        return CodePoint.Replacement;
    }

    /// <summary>The code point that ends before an index, and its length in UTF-16 units.</summary>
    public static int Before(ReadOnlySpan<char> text, int index, out int length)
    {
        char last = text[index - 1];
        length = 1;
        if (!char.IsSurrogate(last)) return last;
        if (index >= 2 && char.IsSurrogatePair(text[index - 2], last))
        {
            length = 2;
            return char.ConvertToUtf32(text[index - 2], last);
        }

        return CodePoint.Replacement;
    }

    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = 0; i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1])) count--;
        }

        return count;
    }

    /// <summary>The bytes a code point takes in UTF-8.</summary>
    public static int Utf8Length(int codePoint) => codePoint switch
    {
        < 0x80 => 1,
        < 0x800 => 2,
        < 0x10000 => 3,
        _ => 4,
    };
}
