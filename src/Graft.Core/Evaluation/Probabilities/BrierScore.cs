namespace Graft.Evaluation;

/// <summary>The mean squared error of probabilities (Brier 1950).</summary>
internal static class BrierScore
{
    /// <summary>The score of two classes: mean (p − y)², from 0 to 1.</summary>
    public static double Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        double sum = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            double error = scores[i] - (truth[i] ? 1 : 0);
            sum += error * error;
        }

        return sum / truth.Length;
    }

    /// <summary>The score of any number of classes: the mean over examples of Σ_k (p_k − y_k)², from 0 to 2.</summary>
    public static double SumOverClasses(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities) =>
        truth.Select((label, i) => probabilities[i].Select((p, k) => k == label ? (p - 1) * (p - 1) : p * p).Sum()).Average();
}
