namespace Graft.Evaluation;

/// <summary>
/// Ridge regression on the presence of words and, for pairs, on how many words both texts share: what a bag of words knows about a number.
/// Solved by conjugate gradients on the normal equations.
/// </summary>
internal sealed class RidgeBaseline
{
    private const double Penalty = 10;
    private const int Iterations = 100;
    private const string OverlapFeature = " overlap";

    // One shared share of words says more than any single word: it is scaled up so that the penalty hardly holds it back.
    private const double OverlapScale = 10;

    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly double[] _weights;
    private readonly double _mean;

    /// <summary>Fits the training texts.</summary>
    /// <param name="texts">The texts, each with its second text or null.</param>
    /// <param name="targets">The numbers.</param>
    public RidgeBaseline(IReadOnlyList<(string Text, string? Pair)> texts, IReadOnlyList<double> targets)
    {
        _mean = targets.Average();
        (int, double)[][] rows = texts.Select(text => Features(text.Text, text.Pair, learn: true)).ToArray();
        _weights = Solve(rows, targets.Select(target => target - _mean).ToArray());
    }

    /// <summary>The number expected for a text.</summary>
    public double Predict(string text, string? pair = null) => _mean + Dot(Features(text, pair, learn: false), _weights);

    private (int Index, double Value)[] Features(string text, string? pair, bool learn)
    {
        HashSet<string> words = new(WordFeatures.Words(text), StringComparer.Ordinal);
        List<(int, double)> features = [];
        void Add(string feature, double value)
        {
            if (!_vocabulary.TryGetValue(feature, out int index))
            {
                if (!learn) return;
                _vocabulary.Add(feature, index = _vocabulary.Count);
            }

            features.Add((index, value));
        }

        foreach (string word in words) Add(word, 1);
        if (pair is null) return [.. features];
        HashSet<string> others = new(WordFeatures.Words(pair), StringComparer.Ordinal);
        foreach (string word in others) Add("│" + word, 1);
        int both = others.Count(words.Contains), either = words.Count + others.Count - both;
        Add(OverlapFeature, either == 0 ? 0 : OverlapScale * both / either);
        return [.. features];
    }

    private double[] Solve((int Index, double Value)[][] rows, double[] targets)
    {
        double[] weights = new double[_vocabulary.Count];
        double[] residual = Transposed(rows, targets);
        double[] direction = (double[])residual.Clone();
        double norm = Dot(residual, residual);
        for (int i = 0; i < Iterations && norm > 1e-12; i++)
        {
            double[] image = Transposed(rows, rows.Select(row => Dot(row, direction)).ToArray());
            for (int j = 0; j < image.Length; j++) image[j] += Penalty * direction[j];
            double step = norm / Dot(direction, image);
            for (int j = 0; j < weights.Length; j++)
            {
                weights[j] += step * direction[j];
                residual[j] -= step * image[j];
            }

            double next = Dot(residual, residual);
            for (int j = 0; j < direction.Length; j++) direction[j] = residual[j] + (next / norm * direction[j]);
            norm = next;
        }

        return weights;
    }

    private double[] Transposed((int Index, double Value)[][] rows, double[] values)
    {
        double[] result = new double[_vocabulary.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            foreach ((int index, double value) in rows[i]) result[index] += value * values[i];
        }

        return result;
    }

    private static double Dot((int Index, double Value)[] row, double[] weights) =>
        row.Sum(feature => feature.Value * weights[feature.Index]);

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
