namespace Graft.Evaluation;

/// <summary>The mean of |truth − prediction|.</summary>
internal static class MeanAbsoluteError
{
    /// <summary>In units of the target.</summary>
    public static double Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        double sum = 0;
        for (int i = 0; i < truth.Length; i++) sum += Math.Abs(truth[i] - predicted[i]);
        return sum / truth.Length;
    }
}
