namespace Graft.Evaluation;

/// <summary>Precision against recall as the threshold rises.</summary>
/// <param name="Precisions">From the lowest threshold to the highest, then 1.</param>
/// <param name="Recalls">From the lowest threshold to the highest, then 0.</param>
internal sealed record PrecisionRecallCurve(IReadOnlyList<double> Precisions, IReadOnlyList<double> Recalls)
{
    /// <summary>The curve, ending in (1, 0); null when nothing is positive.</summary>
    public static PrecisionRecallCurve? Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        List<(long False, long True)> steps = Ranking.Steps(truth, scores);
        if (steps.Count == 0 || steps[^1].True == 0) return null;
        double positives = steps[^1].True;
        steps.Reverse();
        return new PrecisionRecallCurve(
            [.. steps.Select(step => (double)step.True / (step.True + step.False)), 1],
            [.. steps.Select(step => step.True / positives), 0]);
    }
}
