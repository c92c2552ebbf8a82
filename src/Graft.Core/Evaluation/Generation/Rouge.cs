using System.Text;

namespace Graft.Evaluation;

/// <summary>
/// ROUGE (Lin 2004) as rouge-score computes it: lower case, every run outside a–z and 0–9 separates words, optional Porter stemming of
/// words longer than three letters. Values lie from 0 to 1; an empty side scores 0.
/// </summary>
/// <param name="stem">True: Porter stemming.</param>
internal sealed class Rouge(bool stem = false)
{
    private const int LongestUnstemmed = 3;

    /// <summary>Overlap of runs of <paramref name="n"/> words, repetitions clipped.</summary>
    public PrecisionRecallF1 N(string hypothesis, string reference, int n)
    {
        Dictionary<string, int> found = NGrams.Count(Words(hypothesis), n), expected = NGrams.Count(Words(reference), n);
        return Scores(NGrams.Common(found, expected), found.Values.Sum(), expected.Values.Sum());
    }

    /// <summary>By the longest common subsequence of the whole texts.</summary>
    public PrecisionRecallF1 L(string hypothesis, string reference)
    {
        List<string> found = Words(hypothesis), expected = Words(reference);
        return Scores(Lengths(expected, found)[expected.Count, found.Count], found.Count, expected.Count);
    }

    /// <summary>By the union of longest common subsequences sentence by sentence; sentences are lines.</summary>
    public PrecisionRecallF1 LSum(string hypothesis, string reference)
    {
        List<List<string>> found = Sentences(hypothesis), expected = Sentences(reference);
        Dictionary<string, int> leftFound = NGrams.Count(found.SelectMany(words => words).ToList(), 1);
        Dictionary<string, int> leftExpected = NGrams.Count(expected.SelectMany(words => words).ToList(), 1);
        int foundCount = leftFound.Values.Sum(), expectedCount = leftExpected.Values.Sum(), hits = 0;
        foreach (List<string> sentence in expected)
        {
            SortedSet<int> union = [.. found.SelectMany(words => CommonSubsequence(sentence, words))];
            foreach (string word in union.Select(i => sentence[i]))
            {
                // A word counts no more often than either side has it.
                if (leftFound.GetValueOrDefault(word) == 0 || leftExpected.GetValueOrDefault(word) == 0) continue;
                hits++;
                leftFound[word]--;
                leftExpected[word]--;
            }
        }

        return Scores(hits, foundCount, expectedCount);
    }

    private static PrecisionRecallF1 Scores(int common, int found, int expected)
    {
        double precision = (double)common / Math.Max(found, 1), recall = (double)common / Math.Max(expected, 1);
        return new PrecisionRecallF1(precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0);
    }

    private List<string> Words(string text)
    {
        StringBuilder cleaned = new(text.Length);
        foreach (char c in UnicodeText.ToLower(text)) cleaned.Append(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : ' ');
        return cleaned.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => stem && word.Length > LongestUnstemmed ? PorterStemmer.Stem(word) : word).ToList();
    }

    private List<List<string>> Sentences(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Words).ToList();

    /// <summary>The positions in <paramref name="reference"/> of one longest common subsequence.</summary>
    private static List<int> CommonSubsequence(List<string> reference, List<string> hypothesis)
    {
        int[,] lengths = Lengths(reference, hypothesis);
        List<int> positions = [];
        for (int i = reference.Count, j = hypothesis.Count; i > 0 && j > 0;)
        {
            if (reference[i - 1] == hypothesis[j - 1])
            {
                positions.Add(--i);
                j--;
            }
            else if (lengths[i, j - 1] > lengths[i - 1, j])
            {
                j--;
            }
            else
            {
                i--;
            }
        }

        return positions;
    }

    private static int[,] Lengths(List<string> reference, List<string> hypothesis)
    {
        int[,] lengths = new int[reference.Count + 1, hypothesis.Count + 1];
        for (int i = 1; i <= reference.Count; i++)
        {
            for (int j = 1; j <= hypothesis.Count; j++)
            {
                lengths[i, j] =
                    reference[i - 1] == hypothesis[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
            }
        }

        return lengths;
    }
}
