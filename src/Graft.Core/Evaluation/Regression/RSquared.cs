namespace Graft.Evaluation;

/// <summary>The share of the target's variance that is explained: 1 − Σ (y − ŷ)² / Σ (y − ȳ)².</summary>
internal static class RSquared
{
    /// <summary>At most 1; for a constant target 1 when all predictions are exact, else 0; NaN for fewer than two examples.</summary>
    public static double Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        if (truth.Length < 2) return double.NaN;
        double residual = MeanSquaredError.Of(truth, predicted) * truth.Length;
        double mean = Summary.Mean(truth), total = 0;
        foreach (double value in truth) total += (value - mean) * (value - mean);
        if (total == 0) return residual == 0 ? 1 : 0;
        return 1 - (residual / total);
    }
}
