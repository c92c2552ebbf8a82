using System.Globalization;

namespace Graft.Corpus;

/// <summary>Why a document is left out.</summary>
internal enum DropReason
{
    /// <summary>It is kept.</summary>
    None,

    /// <summary>Fewer words than asked for.</summary>
    TooShort,

    /// <summary>Too many characters that are neither letters, digits, white space nor common punctuation.</summary>
    Symbols,

    /// <summary>Words of an impossible mean length: lists of codes, text without spaces.</summary>
    WordLength,

    /// <summary>The same word sequences again and again.</summary>
    Repetition,

    /// <summary>The same words as an earlier document.</summary>
    ExactDuplicate,

    /// <summary>Almost the same words as an earlier document.</summary>
    NearDuplicate,

    /// <summary>It shares a long word sequence with text that is excluded.</summary>
    Contaminated,
}

/// <summary>
/// What web text is measured by (after Rae et al. 2021, appendix A.1, without the rules that know English).
/// <code>"buy now buy now buy now buy now …"  →  Repetition;  "§§§ ¤¤ ||| »»"  →  Symbols</code>
/// </summary>
public sealed record TextFilter
{
    private const int RepeatedWords = 5;

    /// <summary>Nothing but empty documents is left out.</summary>
    public static TextFilter None { get; } =
        new()
        {
            LeastWords = 1,
            MostSymbols = 1,
            MostRepetition = 1,
            LongestMeanWord = double.MaxValue,
        };

    /// <summary>The filters of web text.</summary>
    public static TextFilter Web { get; } = new();

    /// <summary>The fewest words a document has.</summary>
    /// <value>20.</value>
    public int LeastWords { get; init; } = 20;

    /// <summary>The largest share of symbols among the characters that are no white space.</summary>
    /// <value>0.1.</value>
    public double MostSymbols { get; init; } = 0.1;

    /// <summary>The largest mean number of characters that are no white space a word.</summary>
    /// <value>15.</value>
    public double LongestMeanWord { get; init; } = 15;

    /// <summary>The largest share of sequences of five words that occurred before in the document.</summary>
    /// <value>0.3.</value>
    public double MostRepetition { get; init; } = 0.3;

    /// <summary>The filter of a name on the command line.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static TextFilter Named(string name) => name switch
    {
        "web" => Web,
        "none" => None,
        _ => throw new InputException("filter", name, "web or none"),
    };

    /// <summary>The first reason against a document.</summary>
    /// <param name="text">The document.</param>
    /// <param name="words">The word hashes.</param>
    /// <param name="seen">A set to work with; its content does not matter.</param>
    internal DropReason Judge(ReadOnlySpan<char> text, List<ulong> words, HashSet<ulong> seen)
    {
        if (words.Count < LeastWords) return DropReason.TooShort;
        if (MostSymbols < 1 || LongestMeanWord < double.MaxValue)
        {
            (int symbols, int characters) = Count(text);
            if (symbols > MostSymbols * characters) return DropReason.Symbols;
            if (characters > LongestMeanWord * words.Count) return DropReason.WordLength;
        }

        return MostRepetition < 1 && Repetition(words, seen) > MostRepetition ? DropReason.Repetition : DropReason.None;
    }

    /// <summary>How a reason is called in reports.</summary>
    internal static string Name(DropReason reason) => reason switch
    {
        DropReason.TooShort => "too short",
        DropReason.WordLength => "word length",
        DropReason.ExactDuplicate => "exact duplicate",
        DropReason.NearDuplicate => "near duplicate",
        _ => reason.ToString().ToLowerInvariant(),
    };

    private static (int Symbols, int Characters) Count(ReadOnlySpan<char> text)
    {
        int symbols = 0, characters = 0;
        foreach (char c in text)
        {
            if (c is ' ' or '\n') continue;
            characters++;
            if (c < 128 ? !char.IsAsciiLetterOrDigit(c) && !".,;:!?'\"()-".Contains(c) : IsSymbol(c)) symbols++;
        }

        return (symbols, characters);
    }

    private static bool IsSymbol(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol
        or UnicodeCategory.PrivateUse or UnicodeCategory.Control or UnicodeCategory.OtherNotAssigned;

    private static double Repetition(List<ulong> words, HashSet<ulong> seen)
    {
        int sequences = Math.Min(words.Count, 20_000) - RepeatedWords + 1, repeated = 0;
        if (sequences <= 0) return 0;
        seen.Clear();
        ReadOnlySpan<ulong> all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(words);
        for (int i = 0; i < sequences; i++)
        {
            if (!seen.Add(WordHashes.Combine(all.Slice(i, RepeatedWords)))) repeated++;
        }

        return repeated / (double)sequences;
    }
}
