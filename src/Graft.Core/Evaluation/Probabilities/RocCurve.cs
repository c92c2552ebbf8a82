namespace Graft.Evaluation;

/// <summary>True-positive rate against false-positive rate as the threshold falls.</summary>
/// <param name="FalsePositiveRates">From 0 to 1.</param>
/// <param name="TruePositiveRates">From 0 to 1.</param>
internal sealed record RocCurve(IReadOnlyList<double> FalsePositiveRates, IReadOnlyList<double> TruePositiveRates)
{
    /// <summary>The curve from (0, 0) to (1, 1) without collinear points; null when only one class occurs.</summary>
    public static RocCurve? Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        List<(long False, long True)> steps = Ranking.Steps(truth, scores);
        if (steps.Count == 0 || steps[^1].False == 0 || steps[^1].True == 0) return null;
        (double negatives, double positives) = steps[^1];
        List<(long False, long True)> kept = steps.Where((_, i) => !IsCollinear(steps, i)).Prepend((0, 0)).ToList();
        return new RocCurve(kept.Select(step => step.False / negatives).ToArray(), kept.Select(step => step.True / positives).ToArray());
    }

    /// <summary>True where a step of the same size follows the step before.</summary>
    private static bool IsCollinear(List<(long False, long True)> steps, int i) => i > 0 && i < steps.Count - 1
        && steps[i + 1].False - steps[i].False == steps[i].False - steps[i - 1].False
        && steps[i + 1].True - steps[i].True == steps[i].True - steps[i - 1].True;
}
