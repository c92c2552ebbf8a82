using System.Text;

namespace Graft.Evaluation;

/// <summary>Words and pairs of neighbouring words of a text: what a model that knows no language can see.</summary>
internal static class WordFeatures
{
    /// <summary>Lower-case runs of letters and digits.</summary>
    public static List<string> Words(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        foreach (Rune rune in UnicodeText.ToLower(text).EnumerateRunes())
        {
            if (UnicodeText.IsWord(rune)) word.Append(rune.ToString());
            else Flush();
        }

        Flush();
        return words;

        void Flush()
        {
            if (word.Length > 0) words.Add(word.ToString());
            word.Clear();
        }
    }

    /// <summary>1- and 2-grams of a text; those of a second text are told apart by a mark.</summary>
    /// <example><c>a fine film</c> → a, fine, film, a fine, fine film</example>
    public static IEnumerable<string> OneAndTwoGrams(string text, string? pair)
    {
        IEnumerable<string> features = Grams(Words(text));
        return pair is null ? features : features.Concat(Grams(Words(pair)).Select(gram => "│" + gram));
    }

    private static IEnumerable<string> Grams(List<string> words) =>
        words.Concat(words.Zip(words.Skip(1), (first, second) => first + " " + second));
}
