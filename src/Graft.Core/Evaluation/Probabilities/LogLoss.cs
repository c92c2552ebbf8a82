namespace Graft.Evaluation;

/// <summary>The mean of −ln of the probability given to the truth, in nats; probabilities are clipped to [ε, 1 − ε], ε = 2⁻⁵².</summary>
internal static class LogLoss
{
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>The loss of two classes; <paramref name="scores"/> are probabilities of the positive one.</summary>
    public static double Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        double sum = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            double probability = Math.Clamp(scores[i], Epsilon, 1 - Epsilon);
            sum -= Math.Log(truth[i] ? probability : 1 - probability);
        }

        return sum / truth.Length;
    }

    /// <summary>The loss of any number of classes; <paramref name="probabilities"/> is [examples][classes].</summary>
    public static double Of(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities) =>
        truth.Select((label, i) => -Math.Log(Math.Clamp(probabilities[i][label], Epsilon, 1 - Epsilon))).Average();
}
