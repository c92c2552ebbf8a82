namespace Graft.Evaluation;

/// <summary>Kendall's τ-b: concordant minus discordant pairs, corrected for ties; by Knight's O(n log n) method (1966).</summary>
internal static class KendallTau
{
    /// <summary>From −1 to 1; NaN when either side is constant.</summary>
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        (double A, double B)[] pairs = new (double, double)[a.Length];
        for (int i = 0; i < pairs.Length; i++) pairs[i] = (a[i], b[i]);
        Array.Sort(pairs);
        double all = (double)pairs.Length * (pairs.Length - 1) / 2;
        double tiedA = TiedPairs(pairs.Select(pair => pair.A));
        double tiedBoth = TiedPairs(pairs);
        double[] ordered = pairs.Select(pair => pair.B).ToArray();
        double swaps = SortCountingSwaps(ordered, new double[ordered.Length], 0, ordered.Length);
        double tiedB = TiedPairs(ordered);
        if (tiedA == all || tiedB == all) return double.NaN;
        double difference = all - tiedA - tiedB + tiedBoth - (2 * swaps);
        return Math.Clamp(difference / Math.Sqrt(all - tiedA) / Math.Sqrt(all - tiedB), -1, 1);
    }

    /// <summary>The number of pairs of equal values in a sorted sequence.</summary>
    private static double TiedPairs<T>(IEnumerable<T> sorted)
        where T : IEquatable<T>
    {
        double pairs = 0;
        long run = 0;
        T? previous = default;
        foreach (T value in sorted)
        {
            run = run > 0 && value.Equals(previous) ? run + 1 : 1;
            pairs += run - 1;
            previous = value;
        }

        return pairs;
    }

    /// <summary>Merge sort that counts how many pairs stood in the wrong order.</summary>
    private static double SortCountingSwaps(double[] values, double[] scratch, int start, int end)
    {
        if (end - start < 2) return 0;
        int middle = (start + end) / 2;
        double swaps = SortCountingSwaps(values, scratch, start, middle) + SortCountingSwaps(values, scratch, middle, end);
        for (int left = start, right = middle, i = start; i < end; i++)
        {
            bool takeRight = left == middle || (right < end && values[right] < values[left]);
            if (takeRight) swaps += middle - left;
            scratch[i] = values[takeRight ? right++ : left++];
        }

        Array.Copy(scratch, start, values, start, end - start);
        return swaps;
    }
}
