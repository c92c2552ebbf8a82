using System.Runtime.CompilerServices;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Cuts the original text, before any step has seen it, into stretches that can be encoded each by itself: the tokens of the whole are
/// those of the stretches one after the other. What a scanner may cut at follows from the tokenizer's steps.
/// </summary>
internal interface IWordScanner
{
    /// <summary>What <see cref="Next"/> answers when the text cannot be cut here after all.</summary>
    const int CannotCut = -1;

    /// <summary>
    /// Moves <paramref name="start"/> to the next stretch, at or after it, and returns the stretch's length; 0 at the end.
    /// </summary>
    static abstract int Next(ReadOnlySpan<char> text, ref int start);
}

/// <summary>Classes of ASCII characters for the scanners.</summary>
internal static class AsciiClass
{
    public const byte Run = 0;
    public const byte Space = 1;
    public const byte Punctuation = 2;

    /// <summary>The class of every unit below U+0080: tab, line feed, carriage return and space; BERT's punctuation; all others.</summary>
    public static ReadOnlySpan<byte> Table => s_table;

    private static readonly byte[] s_table =
    [
        .. Enumerable
            .Range(0, 128)
            .Select(unit =>
                unit is '\t' or '\n' or '\r' or ' ' ? Space
                : CodePoint.IsPunctuation(unit) ? Punctuation
                : Run
            ),
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Of(ReadOnlySpan<byte> table, char unit) => unit < table.Length ? table[unit] : Run;
}

/// <summary>
/// For BERT's steps: ASCII white space falls away, ASCII punctuation stands alone, everything else goes on until one of them.
/// </summary>
internal readonly struct BertScanner : IWordScanner
{
    public static int Next(ReadOnlySpan<char> text, ref int start)
    {
        ReadOnlySpan<byte> table = AsciiClass.Table;
        int i = start;
        while (i < text.Length && AsciiClass.Of(table, text[i]) == AsciiClass.Space) i++;
        start = i;
        if (i == text.Length) return 0;
        if (AsciiClass.Of(table, text[i]) == AsciiClass.Punctuation) return 1;
        do i++;
        while (i < text.Length && AsciiClass.Of(table, text[i]) == AsciiClass.Run);
        return i - start;
    }
}

/// <summary>
/// For steps that split at white space first: stretches between ASCII white space. Normalizers that look at grapheme clusters would see
/// across a space that a mark follows or a prepended sign precedes: such a text is not cut.
/// </summary>
internal readonly struct SpaceScanner : IWordScanner
{
    public static int Next(ReadOnlySpan<char> text, ref int start)
    {
        ReadOnlySpan<byte> table = AsciiClass.Table;
        int i = start;
        while (i < text.Length && AsciiClass.Of(table, text[i]) == AsciiClass.Space) i++;
        start = i;
        if (i == text.Length) return 0;
        do i++;
        while (i < text.Length && AsciiClass.Of(table, text[i]) != AsciiClass.Space);
        return text[start] < 0x80 && text[i - 1] < 0x80 || IsIndependent(text[start..i]) ? i - start : IWordScanner.CannotCut;
    }

    private static bool IsIndependent(ReadOnlySpan<char> word) =>
        CodePoint.Break(Utf16.At(word, 0, out _))
            is not (GraphemeBreak.Extend or GraphemeBreak.SpacingMark or GraphemeBreak.ZeroWidthJoiner)
        && CodePoint.Break(Utf16.Before(word, word.Length, out _)) != GraphemeBreak.Prepend;
}

/// <summary>For byte-level BPE: the matches of GPT-2's pattern.</summary>
internal readonly struct Gpt2Scanner : IWordScanner
{
    public static int Next(ReadOnlySpan<char> text, ref int start)
    {
        if (start == text.Length) return 0;
        int i = start;
        if (text[i] == ' ') i++;
        if (i < text.Length && char.IsAsciiLetter(text[i]))
        {
            // A run of ASCII letters that an ASCII character ends is by far the most frequent match.
            do i++;
            while (i < text.Length && char.IsAsciiLetter(text[i]));
            if (i == text.Length || text[i] < 0x80) return i - start;
        }

        return Gpt2Pattern.MatchEnd(text, start) - start;
    }
}
