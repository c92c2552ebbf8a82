using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>The outcome of a t test.</summary>
/// <param name="T">The statistic.</param>
/// <param name="DegreesOfFreedom">n − 1, or Welch and Satterthwaite's estimate.</param>
/// <param name="P">Two-sided.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TTest(double T, double DegreesOfFreedom, double P);

/// <summary>Student's t: intervals and tests for the few numbers that seeds give.</summary>
internal static class StudentT
{
    /// <summary>The mean with its interval; NaN ends for fewer than two values.</summary>
    public static ScoreInterval Interval(ReadOnlySpan<double> values, double level = 0.95)
    {
        double mean = Summary.Mean(values);
        if (values.Length < 2) return ScoreInterval.Of(mean);
        double half = SpecialFunctions.StudentQuantile(level, values.Length - 1) * Math.Sqrt(Summary.Variance(values) / values.Length);
        return new ScoreInterval(mean, mean - half, mean + half);
    }

    /// <summary>Whether the mean of paired differences is zero.</summary>
    public static TTest Paired(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double[] differences = new double[a.Length];
        for (int i = 0; i < differences.Length; i++) differences[i] = a[i] - b[i];
        double t = Summary.Mean(differences) / Math.Sqrt(Summary.Variance(differences) / differences.Length);
        return new TTest(t, differences.Length - 1, SpecialFunctions.StudentTwoSided(t, differences.Length - 1));
    }

    /// <summary>Whether two means are equal, variances unknown and unequal (Welch 1947).</summary>
    public static TTest Welch(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double varianceA = Summary.Variance(a) / a.Length, varianceB = Summary.Variance(b) / b.Length;
        double t = (Summary.Mean(a) - Summary.Mean(b)) / Math.Sqrt(varianceA + varianceB);
        double degrees = (varianceA + varianceB) * (varianceA + varianceB)
            / ((varianceA * varianceA / (a.Length - 1)) + (varianceB * varianceB / (b.Length - 1)));
        return new TTest(t, degrees, SpecialFunctions.StudentTwoSided(t, degrees));
    }
}
