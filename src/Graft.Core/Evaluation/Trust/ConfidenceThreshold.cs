namespace Graft.Evaluation;

/// <summary>The confidence from which on answers are right often enough.</summary>
/// <param name="Confidence">The least confidence of an answer that is given; null where no threshold is certain.</param>
/// <param name="Answered">How many of the held-out examples are answered.</param>
/// <param name="Right">How many of those rightly.</param>
/// <param name="Low">What the accuracy of the answered ones is at least, with the certainty asked for.</param>
internal readonly record struct ConfidenceThreshold(double? Confidence, int Answered, int Right, double Low)
{
    private const int Steps = 200;
    private static readonly double[] s_starts = [0.25, 0.5];

    /// <summary>
    /// Chooses the lowest threshold above which answers are right with the accuracy asked for, with certainty: learn then test
    /// (Angelopoulos et al. 2021). From a quarter and from a half of the examples, fixed beforehand, thresholds are lowered step by step as
    /// long as the exact lower bound (Clopper and Pearson 1934) at half of the risk stays at the accuracy; no threshold behind a failed one
    /// is looked at.
    /// </summary>
    /// <param name="confidences">How sure the model was of each held-out example.</param>
    /// <param name="right">Whether it was right.</param>
    /// <param name="accuracy">The accuracy asked for, in (0, 1).</param>
    /// <param name="certainty">How often, over draws of the held-out examples, the answered ones reach it.</param>
    public static ConfidenceThreshold Choose(
        IReadOnlyList<double> confidences,
        IReadOnlyList<bool> right,
        double accuracy,
        double certainty
    )
    {
        int count = confidences.Count;
        int[] order = [.. Enumerable.Range(0, count).OrderByDescending(i => confidences[i])];
        int[] rightSoFar = new int[count + 1];
        for (int i = 0; i < count; i++) rightSoFar[i + 1] = rightSoFar[i] + (right[order[i]] ? 1 : 0);
        double risk = (1 - certainty) / s_starts.Length;
        int best = 0;
        int step = Math.Max(1, count / Steps);
        foreach (double start in count == 0 ? [] : s_starts)
        {
            for (int asked = Math.Max(1, (int)(count * start)); ; asked = Math.Min(count, asked + step))
            {
                while (asked < count && confidences[order[asked]].Equals(confidences[order[asked - 1]])) asked++; // equally sure: together
                if (LowerBound(rightSoFar[asked], asked, risk) < accuracy) break;
                best = Math.Max(best, asked);
                if (asked == count) break;
            }
        }

        return best == 0
            ? new ConfidenceThreshold(null, 0, 0, 0)
            : new ConfidenceThreshold(
                confidences[order[best - 1]],
                best,
                rightSoFar[best],
                LowerBound(rightSoFar[best], best, risk)
            );
    }

    /// <summary>The share of successes that is exceeded with probability 1 − risk, exactly.</summary>
    private static double LowerBound(int successes, int trials, double risk) =>
        ProportionInterval.ClopperPearson(successes, trials, 1 - (2 * risk)).Low;
}
