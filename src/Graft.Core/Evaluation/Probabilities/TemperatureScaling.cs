namespace Graft.Evaluation;

/// <summary>
/// One number that makes confidence honest: logits are divided by a temperature chosen to minimise the log loss on held-out data;
/// predictions do not change (Guo et al. 2017, §4.2).
/// </summary>
internal static class TemperatureScaling
{
    private const double Smallest = 0.05;
    private const double Largest = 20;

    /// <summary>The best temperature between 0.05 and 20; above 1 the model was too sure of itself.</summary>
    /// <param name="truth">Class numbers.</param>
    /// <param name="logits">[examples][classes].</param>
    public static double Fit(IReadOnlyList<int> truth, IReadOnlyList<double[]> logits)
    {
        // The loss is convex in 1/T: its derivative crosses zero once, which bisection finds.
        double low = 1 / Largest, high = 1 / Smallest;
        for (int i = 0; i < 100 && high - low > 1e-12 * high; i++)
        {
            double middle = (low + high) / 2;
            if (Slope(truth, logits, middle) < 0) low = middle;
            else high = middle;
        }

        return 2 / (low + high);
    }

    /// <summary>Probabilities at a temperature: softmax(logits / T).</summary>
    public static double[] Probabilities(ReadOnlySpan<double> logits, double temperature = 1)
    {
        double[] result = new double[logits.Length];
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double logit in logits) largest = Math.Max(largest, logit);
        for (int c = 0; c < logits.Length; c++) sum += result[c] = Math.Exp((logits[c] - largest) / temperature);
        for (int c = 0; c < result.Length; c++) result[c] /= sum;
        return result;
    }

    /// <summary>The derivative of the loss by β = 1/T: Σ (expected logit − logit of the truth).</summary>
    private static double Slope(IReadOnlyList<int> truth, IReadOnlyList<double[]> logits, double inverse)
    {
        double slope = 0;
        for (int i = 0; i < truth.Count; i++)
        {
            double[] probabilities = Probabilities(logits[i], 1 / inverse);
            for (int c = 0; c < probabilities.Length; c++) slope += probabilities[c] * logits[i][c];
            slope -= logits[i][truth[i]];
        }

        return slope;
    }
}
