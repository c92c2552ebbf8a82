namespace Graft.Evaluation;

/// <summary>Σ (R_n − R_{n−1}) · P_n over distinct thresholds, without interpolation.</summary>
internal static class AveragePrecision
{
    /// <summary>From 0 to 1; NaN when nothing is positive.</summary>
    public static double Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        List<(long False, long True)> steps = Ranking.Steps(truth, scores);
        if (steps.Count == 0 || steps[^1].True == 0) return double.NaN;
        double sum = 0;
        long before = 0;
        foreach ((long falsePositives, long truePositives) in steps)
        {
            sum += (truePositives - before) * ((double)truePositives / (truePositives + falsePositives));
            before = truePositives;
        }

        return sum / steps[^1].True;
    }
}
