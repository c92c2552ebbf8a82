using System.Text;

namespace Graft.Data;

/// <summary>
/// Characters of writings that put no space between words: Han, kana, Thai, Lao, Khmer, Burmese, Tibetan. What is a word in them only a
/// dictionary knows.
/// </summary>
internal static class WritingWithoutSpaces
{
    private static readonly (int First, int Last)[] s_blocks =
    [
        (0x0E00, 0x0EFF),
        (0x0F00, 0x0FFF),
        (0x1000, 0x109F),
        (0x1780, 0x17FF),
        (0x3005, 0x3007),
        (0x3021, 0x3029),
        (0x3031, 0x30FF),
        (0x31F0, 0x31FF),
        (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF),
        (0xFF66, 0xFF9F),
        (0x20000, 0x3FFFF),
    ];

    /// <summary>The UTF-16 units of the character at a place, with the marks that are written on it; 0 for one of other writings.</summary>
    public static int At(string text, int place)
    {
        if (
            text[place] < 0x0E00
            || !Rune.TryGetRuneAt(text, place, out Rune rune)
            || !Array.Exists(s_blocks, block => rune.Value >= block.First && rune.Value <= block.Last)
        )
            return 0;
        int length = rune.Utf16SequenceLength;
        while (
            place + length < text.Length
            && Rune.TryGetRuneAt(text, place + length, out Rune next)
            && Rune.GetUnicodeCategory(next)
                is System.Globalization.UnicodeCategory.NonSpacingMark
                    or System.Globalization.UnicodeCategory.SpacingCombiningMark
        )
        {
            length += next.Utf16SequenceLength;
        }

        return length;
    }
}
