namespace Graft.Evaluation;

/// <summary>What stands in for a count of zero.</summary>
internal enum BleuSmoothing
{
    /// <summary>1/2, 1/4, 1/8 … of one match for the first, second, third order without any; sacrebleu's default.</summary>
    Exponential,

    /// <summary>A tenth of one match.</summary>
    Floor,
}

/// <summary>A BLEU score and what it is made of.</summary>
/// <param name="Score">0 … 100.</param>
/// <param name="Precisions">The precisions of runs of 1 … 4 words, 0 … 100.</param>
/// <param name="BrevityPenalty">1, or less where hypotheses are shorter than their references.</param>
/// <param name="HypothesisLength">Words.</param>
/// <param name="ReferenceLength">Words of the references closest in length.</param>
/// <param name="Counts">Matches by order.</param>
/// <param name="Totals">Runs by order.</param>
internal sealed record BleuScore(
    double Score,
    IReadOnlyList<double> Precisions,
    double BrevityPenalty,
    long HypothesisLength,
    long ReferenceLength,
    IReadOnlyList<long> Counts,
    IReadOnlyList<long> Totals);

/// <summary>
/// BLEU (Papineni et al. 2002) as sacrebleu computes it: counts summed over the corpus before the ratio, up to four words.
/// </summary>
/// <param name="tokenization">How texts are cut into words.</param>
/// <param name="lowercase">True ignores case.</param>
internal sealed class Bleu(BleuTokenization tokenization = BleuTokenization.Standard13a, bool lowercase = false)
{
    private const int MaxOrder = 4;
    private const double FloorValue = 0.1;

    /// <summary>The score of a corpus.</summary>
    /// <param name="hypotheses">One text a segment.</param>
    /// <param name="references">One or more lists, each with one text a segment.</param>
    public BleuScore Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references) =>
        Score(
            Enumerable.Range(0, hypotheses.Count).Select(i => (hypotheses[i], references.Select(stream => stream[i]).ToArray())),
            BleuSmoothing.Exponential,
            false
        );

    /// <summary>The score of one sentence; orders longer than the sentence are left out.</summary>
    public BleuScore Sentence(string hypothesis, IReadOnlyList<string> references, BleuSmoothing smoothing = BleuSmoothing.Exponential) =>
        Score([(hypothesis, references.ToArray())], smoothing, true);

    private BleuScore Score(IEnumerable<(string Hypothesis, string[] References)> segments, BleuSmoothing smoothing, bool effectiveOrder)
    {
        long[] counts = new long[MaxOrder], totals = new long[MaxOrder];
        long hypothesisLength = 0, referenceLength = 0;
        foreach ((string hypothesis, string[] references) in segments)
        {
            List<string> words = Words(hypothesis);
            List<string>[] alternatives = references.Select(Words).ToArray();
            hypothesisLength += words.Count;
            referenceLength += alternatives
                .Select(alternative => alternative.Count)
                .OrderBy(length => Math.Abs(length - words.Count))
                .ThenBy(length => length)
                .First();
            for (int n = 1; n <= MaxOrder; n++)
            {
                Dictionary<string, int> runs = NGrams.Count(words, n);
                counts[n - 1] += NGrams.Common(runs, Maximum(alternatives.Select(alternative => NGrams.Count(alternative, n))));
                totals[n - 1] += Math.Max(words.Count - n + 1, 0);
            }
        }

        double penalty =
            hypothesisLength >= referenceLength ? 1
            : hypothesisLength == 0 ? 0
            : Math.Exp(1 - ((double)referenceLength / hypothesisLength));
        double[] precisions = Precisions(counts, totals, smoothing, out int measured);
        return new BleuScore(
            penalty * GeometricMean(precisions, effectiveOrder ? measured : MaxOrder),
            precisions,
            penalty,
            hypothesisLength,
            referenceLength,
            counts,
            totals
        );
    }

    private List<string> Words(string text) => BleuTokenizer.Split(lowercase ? UnicodeText.ToLower(text) : text, tokenization);

    private static double[] Precisions(long[] counts, long[] totals, BleuSmoothing smoothing, out int measured)
    {
        double[] precisions = new double[MaxOrder];
        measured = 0;
        if (counts.All(count => count == 0)) return precisions;
        double divisor = 1;
        while (measured < MaxOrder && totals[measured] > 0)
        {
            double matches = counts[measured] > 0 ? counts[measured]
                : smoothing == BleuSmoothing.Exponential ? 1 / (divisor *= 2)
                : FloorValue;
            precisions[measured] = 100.0 * matches / totals[measured];
            measured++;
        }

        return precisions;
    }

    private static double GeometricMean(double[] precisions, int orders) =>
        orders == 0 || precisions.Take(orders).Contains(0) ? 0 : Math.Exp(precisions.Take(orders).Sum(Math.Log) / orders);

    private static Dictionary<string, int> Maximum(IEnumerable<Dictionary<string, int>> alternatives)
    {
        Dictionary<string, int> maximum = new(StringComparer.Ordinal);
        foreach ((string run, int count) in alternatives.SelectMany(counts => counts))
            maximum[run] = Math.Max(maximum.GetValueOrDefault(run), count);
        return maximum;
    }
}
