namespace Graft.Evaluation;

/// <summary>
/// chrF (Popović 2015) as sacrebleu computes it: F score with β = 2 over runs of 1 … 6 characters, white space removed; chrF++ adds runs of
/// words with punctuation split off. Scale 0 … 100.
/// </summary>
/// <param name="wordOrder">0 for chrF, 2 for chrF++.</param>
internal sealed class ChrF(int wordOrder = 0)
{
    private const int CharacterOrder = 6;
    private const double BetaSquared = 4;

    /// <summary>
    /// The score of a corpus: counts are summed before the ratio; of several references each segment uses the one it scores best with.
    /// </summary>
    /// <param name="hypotheses">One text a segment.</param>
    /// <param name="references">One or more lists, each with one text a segment.</param>
    public double Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        OrderCounts[] sum = new OrderCounts[CharacterOrder + wordOrder];
        for (int i = 0; i < hypotheses.Count; i++)
        {
            OrderCounts[] best = Counts(hypotheses[i], references.Select(stream => stream[i]));
            for (int order = 0; order < sum.Length; order++) sum[order] += best[order];
        }

        return Score(sum);
    }

    /// <summary>The score of one sentence.</summary>
    public double Sentence(string hypothesis, IReadOnlyList<string> references) => Score(Counts(hypothesis, references));

    private OrderCounts[] Counts(string hypothesis, IEnumerable<string> references)
    {
        Dictionary<string, int>[] runs = Runs(hypothesis);
        return references.Select(reference => runs.Zip(Runs(reference), OrderCounts.Of).ToArray()).MaxBy(Score)!;
    }

    private Dictionary<string, int>[] Runs(string text)
    {
        List<string> characters = text.EnumerateRunes().Select(rune => rune.ToString()).Where(c => !UnicodeText.IsSpace(c[0])).ToList();
        List<string> words = UnicodeText.Split(text).SelectMany(SplitPunctuation).ToList();
        return
        [
            .. Enumerable.Range(1, CharacterOrder).Select(n => NGrams.Count(characters, n)),
            .. Enumerable.Range(1, wordOrder).Select(n => NGrams.Count(words, n)),
        ];
    }

    /// <summary>One punctuation character is split off, from the end or else from the beginning.</summary>
    private static string[] SplitPunctuation(string word) =>
        word.Length > 1 && UnicodeText.IsAsciiPunctuation(word[^1]) ? [word[..^1], word[^1..]]
        : word.Length > 1 && UnicodeText.IsAsciiPunctuation(word[0]) ? [word[..1], word[1..]]
        : [word];

    private static double Score(OrderCounts[] orders)
    {
        OrderCounts[] measured = orders.Where(order => order.Hypothesis > 0 && order.Reference > 0).ToArray();
        if (measured.Length == 0) return 0;
        double precision = measured.Average(order => (double)order.Common / order.Hypothesis);
        double recall = measured.Average(order => (double)order.Common / order.Reference);
        return precision + recall == 0 ? 0 : 100 * (1 + BetaSquared) * precision * recall / ((BetaSquared * precision) + recall);
    }

    private readonly record struct OrderCounts(long Hypothesis, long Reference, long Common)
    {
        public static OrderCounts operator +(OrderCounts a, OrderCounts b) =>
            new(a.Hypothesis + b.Hypothesis, a.Reference + b.Reference, a.Common + b.Common);

        /// <summary>An order that the reference is too short for counts nothing, on neither side.</summary>
        public static OrderCounts Of(Dictionary<string, int> hypothesis, Dictionary<string, int> reference) =>
            new(reference.Count > 0 ? hypothesis.Values.Sum() : 0, reference.Values.Sum(), NGrams.Common(hypothesis, reference));
    }
}
