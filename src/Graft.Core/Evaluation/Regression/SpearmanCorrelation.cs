namespace Graft.Evaluation;

/// <summary>Correlation of ranks, from −1 to 1: whether the order is right, whatever the scale.</summary>
internal static class SpearmanCorrelation
{
    /// <summary>Pearson's correlation of the average ranks; NaN when either side is constant.</summary>
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => PearsonCorrelation.Of(Ranks(a), Ranks(b));

    /// <summary>The mean of Pearson's and Spearman's correlation, as GLUE scores STS-B.</summary>
    public static double MeanWithPearson(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => (PearsonCorrelation.Of(a, b) + Of(a, b)) / 2;

    /// <summary>Ranks from 1, equal values sharing the mean of their places.</summary>
    /// <example>10, 30, 10 → 1.5, 3, 1.5</example>
    public static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, order);
        double[] ranks = new double[sorted.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start]) end++;
            for (int i = start; i < end; i++) ranks[order[i]] = (start + end + 1) / 2.0;
        }

        return ranks;
    }
}
