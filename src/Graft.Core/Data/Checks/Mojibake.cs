using System.Buffers;
using System.Globalization;
using System.Text;

namespace Graft.Data.Checks;

/// <summary>Recognises text that was decoded with the wrong character encoding somewhere on its way.</summary>
internal static class Mojibake
{
    private const char Replacement = '\uFFFD';

    // What bytes 0x80 … 0x9F become when UTF-8 is taken for Windows-1252.
    private const string Windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    /// <summary>What was found; null for sound text.</summary>
    /// <example><c>cafÃ© </c> → <c>"Ã©" should be "é"</c></example>
    public static string? Find(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == Replacement)
                return "U+FFFD, a character that was lost in a conversion";
            if (char.IsSurrogate(c) && !char.IsSurrogatePair(text, i) && (i == 0 || !char.IsSurrogatePair(text, i - 1)))
                return "half of a surrogate pair";
            if (c < ' ' && c is not ('\t' or '\n' or '\r'))
                return string.Create(CultureInfo.InvariantCulture, $"the control character U+{(int)c:X4}");
            if (c < '\u00C2' || c > '\u00F4')
                continue;
            if (Decoded(text, i) is { } sound)
                return $"\"{text.AsSpan(i, sound.Length)}\" should be \"{sound.Text}\"";
        }

        return null;
    }

    /// <summary>
    /// The character that a run of letters stands for if each is one byte of UTF-8. Two such letters may meet by chance (Ã and ©), so
    /// two-byte runs count only for Â and Ã, which is what Latin text is damaged to.
    /// </summary>
    private static (string Text, int Length)? Decoded(string text, int start)
    {
        int length = text[start] >= '\u00F0' ? 4 : text[start] >= '\u00E0' ? 3 : 2;
        if (length == 2 && text[start] is not ('Â' or 'Ã')) return null;
        if (start + length > text.Length) return null;
        Span<byte> bytes = stackalloc byte[4];
        bytes[0] = (byte)text[start];
        for (int i = 1; i < length; i++)
        {
            int value = Byte(text[start + i]);
            if (value is < 0x80 or > 0xBF) return null;
            bytes[i] = (byte)value;
        }

        return Rune.DecodeFromUtf8(bytes[..length], out Rune rune, out int consumed) == OperationStatus.Done && consumed == length
            ? (rune.ToString(), length)
            : null;
    }

    private static int Byte(char c)
    {
        int index = Windows1252.IndexOf(c, StringComparison.Ordinal);
        return index >= 0 ? 0x80 + index : c;
    }
}
