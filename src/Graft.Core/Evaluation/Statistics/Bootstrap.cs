using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>A statistic of a resample, given the positions drawn with replacement.</summary>
internal delegate double ResampleStatistic(ReadOnlySpan<int> positions);

/// <summary>A paired comparison of two systems on the same examples.</summary>
/// <param name="Difference">First minus second, with its percentile interval.</param>
/// <param name="ShareAtMostZero">The share of resamples in which the first is not better.</param>
/// <param name="P">Two-sided: min(1, 2 · min((#{d ≤ 0} + 1)/(B + 1), (#{d ≥ 0} + 1)/(B + 1))).</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PairedComparison(ScoreInterval Difference, double ShareAtMostZero, double P);

/// <summary>Percentile bootstrap (Efron 1979): how much would a score move had other examples been drawn?</summary>
public static class Bootstrap
{
    /// <value>Resamples where nothing else is asked for: enough for two digits of an interval's ends.</value>
    public const int DefaultResamples = 1000;

    /// <summary>A score with its percentile interval.</summary>
    /// <param name="count">The number of examples.</param>
    /// <param name="statistic">The score of the examples at some positions.</param>
    /// <param name="seed">The same seed draws the same resamples.</param>
    /// <param name="resamples">B.</param>
    /// <param name="level">The interval's coverage.</param>
    internal static ScoreInterval Interval(
        int count,
        ResampleStatistic statistic,
        ulong seed,
        int resamples = DefaultResamples,
        double level = 0.95
    )
    {
        double value = statistic(Enumerable.Range(0, count).ToArray());
        return PercentileInterval(value, Statistics(count, statistic, seed, resamples), level);
    }

    /// <summary>The mean with its percentile interval.</summary>
    public static ScoreInterval Mean(IReadOnlyList<double> values, ulong seed, int resamples = DefaultResamples, double level = 0.95) =>
        Interval(values.Count, positions => MeanAt(values, positions), seed, resamples, level);

    /// <summary>Two systems' scores on the same examples: both are resampled together.</summary>
    /// <param name="count">The number of examples.</param>
    /// <param name="difference">First minus second on the examples at some positions.</param>
    /// <param name="seed">The same seed draws the same resamples.</param>
    /// <param name="resamples">B.</param>
    /// <param name="level">The interval's coverage.</param>
    internal static PairedComparison Paired(
        int count,
        ResampleStatistic difference,
        ulong seed,
        int resamples = DefaultResamples,
        double level = 0.95
    ) => Compare(difference(Enumerable.Range(0, count).ToArray()), Statistics(count, difference, seed, resamples), level);

    /// <summary>From the values of the resamples.</summary>
    public static ScoreInterval PercentileInterval(double value, ReadOnlySpan<double> resampled, double level = 0.95)
    {
        double[] sorted = resampled.ToArray();
        Array.Sort(sorted);
        double tail = 50 * (1 - level);
        return new ScoreInterval(value, Summary.PercentileOfSorted(sorted, tail), Summary.PercentileOfSorted(sorted, 100 - tail));
    }

    /// <summary>From the differences of the resamples.</summary>
    public static PairedComparison Compare(double difference, ReadOnlySpan<double> resampled, double level = 0.95)
    {
        int atMost = 0, atLeast = 0;
        foreach (double value in resampled)
        {
            atMost += value <= 0 ? 1 : 0;
            atLeast += value >= 0 ? 1 : 0;
        }

        double p = 2.0 * Math.Min(atMost + 1, atLeast + 1) / (resampled.Length + 1);
        return new PairedComparison(PercentileInterval(difference, resampled, level), (double)atMost / resampled.Length, Math.Min(1, p));
    }

    internal static double MeanAt(IReadOnlyList<double> values, ReadOnlySpan<int> positions)
    {
        double sum = 0;
        foreach (int position in positions) sum += values[position];
        return sum / positions.Length;
    }

    private static double[] Statistics(int count, ResampleStatistic statistic, ulong seed, int resamples)
    {
        double[] statistics = new double[resamples];
        int[] positions = new int[count];
        for (int b = 0; b < resamples; b++)
        {
            Draw(positions, new CounterRandom(CounterRandom.Key(seed, (ulong)b)));
            statistics[b] = statistic(positions);
        }

        return statistics;
    }

    // Millions of draws in the first second of a process, before the runtime would have optimised them by itself.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Draw(int[] positions, CounterRandom random)
    {
        for (int i = 0; i < positions.Length; i++) positions[i] = random.NextInt(positions.Length);
    }
}
