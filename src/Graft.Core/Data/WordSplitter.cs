namespace Graft.Data;

/// <summary>
/// Plain text as words: white space separates, a punctuation mark is a word of its own, as in the corpora that taggers learn from; so is
/// every character of a writing without spaces between words.
/// </summary>
internal static class WordSplitter
{
    /// <summary>The words of a text; <see cref="TokenSequence.Layout"/> of single-spaced text gives it back.</summary>
    /// <example>"Ann's in Rome." → Ann ' s in Rome . and 住在北京 → 住 在 北 京</example>
    public static TokenSequence Split(string text)
    {
        (List<string> words, List<bool> joined) = ([], []);
        foreach ((int start, int end) in Ranges(text, new HashSet<int>()))
        {
            words.Add(text[start..end]);
            joined.Add(end < text.Length && !char.IsWhiteSpace(text[end]));
        }

        return new TokenSequence { Words = words, Joined = joined, Text = text };
    }

    /// <summary>Where the words stand; a word also ends wherever the text must be cut.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cuts">Offsets at which no word may go on: the ends of entities.</param>
    public static IEnumerable<(int Start, int End)> Ranges(string text, IReadOnlySet<int> cuts)
    {
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            if (IsMark(text[at])) at++;
            else if (WritingWithoutSpaces.At(text, at) is > 0 and int length) at += length;
            else while (at < text.Length && IsInWord(text, at) && (at == start || !cuts.Contains(at))) at++;

            yield return (start, at);
        }
    }

    private static bool IsInWord(string text, int at) =>
        !char.IsWhiteSpace(text[at]) && !IsMark(text[at]) && WritingWithoutSpaces.At(text, at) == 0;

    private static bool IsMark(char c) => char.IsPunctuation(c) || char.IsSymbol(c);
}
