using System.Globalization;
using System.Text;

namespace Graft.Evaluation;

/// <summary>
/// Lower-casing, white space and word characters as Python defines them, which the official metric scripts use; independent of culture and
/// of how .NET is configured.
/// </summary>
internal static class UnicodeText
{
    private const int CapitalSigma = 0x03A3;
    private const int CapitalDottedI = 0x0130;

    /// <summary>ASCII punctuation: Python's <c>string.punctuation</c>.</summary>
    public static bool IsAsciiPunctuation(char c) => c < 128 && (char.IsPunctuation(c) || char.IsSymbol(c));

    /// <summary>What <c>str.split()</c> splits at: Unicode white space and the four ASCII separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>What <c>\w</c> matches: letters, numbers and the underscore.</summary>
    public static bool IsWord(Rune rune) =>
        rune.Value == '_'
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    /// <summary>Full lower-casing: İ becomes two characters, a final Σ becomes ς.</summary>
    public static string ToLower(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();
        StringBuilder result = new(text.Length);
        int index = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == CapitalDottedI) result.Append("i\u0307");
            else if (rune.Value == CapitalSigma) result.Append(IsFinal(text, index) ? 'ς' : 'σ');
            else result.Append(Rune.ToLowerInvariant(rune).ToString());
            index += rune.Utf16SequenceLength;
        }

        return result.ToString();
    }

    /// <summary>The pieces between runs of white space.</summary>
    public static List<string> Split(string text)
    {
        List<string> pieces = [];
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || IsSpace(text[i]);
            if (!space && start < 0) start = i;
            if (space && start >= 0)
            {
                pieces.Add(text[start..i]);
                start = -1;
            }
        }

        return pieces;
    }

    /// <summary>Unicode's Final_Sigma: a cased letter before, none after, marks and apostrophes looked through.</summary>
    private static bool IsFinal(string text, int index)
    {
        int before = index - 1, after = index + 1;
        while (before >= 0 && IsCaseIgnorable(text[before])) before--;
        while (after < text.Length && IsCaseIgnorable(text[after])) after++;
        return before >= 0 && IsCased(text[before]) && (after >= text.Length || !IsCased(text[after]));
    }

    private static bool IsCased(char c) =>
        char.IsUpper(c) || char.IsLower(c) || char.GetUnicodeCategory(c) == UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(char c) =>
        c is '\'' or '.' or ':' or '·' or '’'
        || char.GetUnicodeCategory(c)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.ModifierSymbol;
}
