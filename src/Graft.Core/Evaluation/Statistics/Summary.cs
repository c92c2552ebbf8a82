using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>A value and the interval it is believed to lie in.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Low">The lower end; NaN where no interval is known.</param>
/// <param name="High">The upper end; NaN where no interval is known.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScoreInterval(double Value, double Low, double High)
{
    /// <summary>False where only the value is known.</summary>
    public bool HasEnds => double.IsFinite(Low) && double.IsFinite(High);

    /// <summary>A value without an interval.</summary>
    public static ScoreInterval Of(double value) => new(value, double.NaN, double.NaN);
}

/// <summary>Mean, spread and percentiles of a few numbers.</summary>
public static class Summary
{
    /// <summary>The mean; NaN of nothing.</summary>
    public static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum / values.Length;
    }

    /// <summary>The sample standard deviation (n − 1); NaN of fewer than two.</summary>
    public static double StandardDeviation(ReadOnlySpan<double> values) => values.Length < 2 ? double.NaN : Math.Sqrt(Variance(values));

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(ReadOnlySpan<double> values) => Percentile(values, 50);

    /// <summary>The q-th percentile, q from 0 to 100: position q/100 · (n − 1), linear between neighbours.</summary>
    /// <example>1, 2, 4 at 75 → 3</example>
    public static double Percentile(ReadOnlySpan<double> values, double q)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        return PercentileOfSorted(sorted, q);
    }

    /// <summary>As <see cref="Percentile"/>, of values in rising order.</summary>
    internal static double PercentileOfSorted(ReadOnlySpan<double> sorted, double q)
    {
        if (sorted.IsEmpty) return double.NaN;
        double position = q / 100 * (sorted.Length - 1);
        int below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }

    internal static double Variance(ReadOnlySpan<double> values)
    {
        double mean = Mean(values), sum = 0;
        foreach (double value in values) sum += (value - mean) * (value - mean);
        return sum / (values.Length - 1);
    }
}
