namespace Graft.Evaluation;

/// <summary>The mean of squared errors, and its root.</summary>
internal static class MeanSquaredError
{
    /// <summary>In squared units of the target.</summary>
    public static double Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted)
    {
        double sum = 0;
        for (int i = 0; i < truth.Length; i++) sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
        return sum / truth.Length;
    }

    /// <summary>In units of the target.</summary>
    public static double Root(ReadOnlySpan<double> truth, ReadOnlySpan<double> predicted) => Math.Sqrt(Of(truth, predicted));
}
