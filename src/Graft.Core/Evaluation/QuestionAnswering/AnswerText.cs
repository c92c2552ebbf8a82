using System.Text;

namespace Graft.Evaluation;

/// <summary>How the official SQuAD scripts compare answers.</summary>
internal static class AnswerText
{
    /// <summary>
    /// Lower case, ASCII punctuation removed, the words a, an and the replaced by blanks, white space collapsed; in this order, and with no
    /// other normalisation.
    /// </summary>
    /// <example><c>The Eiffel-Tower!</c> → <c>eiffeltower</c></example>
    public static string Normalize(string answer)
    {
        StringBuilder text = new(answer.Length);
        foreach (char c in UnicodeText.ToLower(answer))
        {
            if (!UnicodeText.IsAsciiPunctuation(c)) text.Append(c);
        }

        return string.Join(' ', UnicodeText.Split(WithoutArticles(text.ToString())));
    }

    /// <summary>True when both are the same after normalisation.</summary>
    public static bool ExactMatch(string prediction, string gold) => Normalize(prediction) == Normalize(gold);

    /// <summary>F1 over the multisets of words.</summary>
    /// <param name="prediction">The predicted answer.</param>
    /// <param name="gold">An accepted answer.</param>
    /// <param name="emptyMatches">What two answers that normalise to nothing score: 1 in SQuAD 2.0 (true), 0 in 1.1 (false).</param>
    public static double F1(string prediction, string gold, bool emptyMatches)
    {
        List<string> predicted = UnicodeText.Split(Normalize(prediction)), expected = UnicodeText.Split(Normalize(gold));
        if (emptyMatches && (predicted.Count == 0 || expected.Count == 0)) return predicted.Count == expected.Count ? 1 : 0;
        int common = Common(predicted, expected);
        if (common == 0) return 0;
        double precision = 1.0 * common / predicted.Count, recall = 1.0 * common / expected.Count;
        return 2 * precision * recall / (precision + recall);
    }

    private static int Common(List<string> predicted, List<string> expected)
    {
        Dictionary<string, int> left = expected.CountBy(word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        int common = 0;
        foreach (string word in predicted)
        {
            if (left.TryGetValue(word, out int count) && count > 0)
            {
                left[word] = count - 1;
                common++;
            }
        }

        return common;
    }

    /// <summary>Replaces a, an and the by a blank wherever a word boundary stands on both sides.</summary>
    private static string WithoutArticles(string text)
    {
        StringBuilder result = new(text.Length);
        int wordStart = -1;
        int index = 0;

        void EndWord(int end)
        {
            if (wordStart < 0) return;
            ReadOnlySpan<char> word = text.AsSpan(wordStart, end - wordStart);
            if (word is "a" or "an" or "the") result.Append(' ');
            else result.Append(word);
            wordStart = -1;
        }

        foreach (Rune rune in text.EnumerateRunes())
        {
            if (UnicodeText.IsWord(rune))
            {
                if (wordStart < 0) wordStart = index;
            }
            else
            {
                EndWord(index);
                result.Append(text, index, rune.Utf16SequenceLength);
            }

            index += rune.Utf16SequenceLength;
        }

        EndWord(text.Length);
        return result.ToString();
    }
}
