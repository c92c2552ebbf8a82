using System.Text;

namespace Graft.Evaluation;

/// <summary>How BLEU cuts text into words.</summary>
internal enum BleuTokenization
{
    /// <summary>The standard of the WMT campaigns, mteval-v13a: punctuation split off, numbers kept together.</summary>
    Standard13a,

    /// <summary>White space only.</summary>
    None,

    /// <summary>Every character, for scripts without spaces.</summary>
    Characters,
}

/// <summary>Cuts text into words as sacrebleu does.</summary>
internal static class BleuTokenizer
{
    /// <summary>The words of a segment.</summary>
    public static List<string> Split(string text, BleuTokenization tokenization) =>
        tokenization switch
        {
            BleuTokenization.Standard13a => UnicodeText.Split(Separate(text)),
            BleuTokenization.Characters => text.EnumerateRunes()
                .Select(rune => rune.ToString())
                .Where(c => !UnicodeText.IsSpace(c[0]))
                .ToList(),
            _ => UnicodeText.Split(text),
        };

    private static string Separate(string text)
    {
        text = text.TrimEnd()
            .Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal)
            .Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);
        string spaced = SurroundSymbols($" {text} ");
        spaced = AfterOther(spaced);
        spaced = BeforeOther(spaced);
        return DashAfterDigit(spaced);
    }

    /// <summary>Blanks around every ASCII symbol but <c>' , - .</c> .</summary>
    private static string SurroundSymbols(string text)
    {
        StringBuilder result = new(text.Length * 2);
        foreach (char c in text)
        {
            if (c is >= '{' and <= '~' or >= '[' and <= '`' or >= ' ' and <= '&' or >= '(' and <= '+' or >= ':' and <= '@' or '/')
                result.Append(' ').Append(c).Append(' ');
            else
                result.Append(c);
        }

        return result.ToString();
    }

    /// <summary>
    /// A period or comma after anything but a digit stands alone. As with a regular expression, a matched pair is not matched again.
    /// </summary>
    private static string AfterOther(string text)
    {
        StringBuilder result = new(text.Length * 2);
        int i = 0;
        while (i < text.Length)
        {
            if (i + 1 < text.Length && !char.IsAsciiDigit(text[i]) && text[i + 1] is '.' or ',')
            {
                result.Append(text[i]).Append(' ').Append(text[i + 1]).Append(' ');
                i += 2;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }

    /// <summary>A period or comma before anything but a digit stands alone.</summary>
    private static string BeforeOther(string text)
    {
        StringBuilder result = new(text.Length * 2);
        int i = 0;
        while (i < text.Length)
        {
            if (i + 1 < text.Length && text[i] is '.' or ',' && !char.IsAsciiDigit(text[i + 1]))
            {
                result.Append(' ').Append(text[i]).Append(' ').Append(text[i + 1]);
                i += 2;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }

    private static string DashAfterDigit(string text)
    {
        StringBuilder result = new(text.Length * 2);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '-' && i > 0 && char.IsAsciiDigit(text[i - 1])) result.Append(" - ");
            else result.Append(text[i]);
        }

        return result.ToString();
    }
}
