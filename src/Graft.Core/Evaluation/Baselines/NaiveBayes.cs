namespace Graft.Evaluation;

/// <summary>
/// Multinomial naive Bayes on 1- and 2-grams, add-one smoothing: what a bag of words reaches in a second. Words not seen in training are
/// passed over.
/// </summary>
internal sealed class NaiveBayes
{
    private readonly int _classes;
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly List<float[]> _logLikelihoods = [];
    private readonly double[] _logPriors;

    /// <summary>Counts the training texts.</summary>
    /// <param name="texts">The texts, each with its second text or null.</param>
    /// <param name="labels">The class numbers.</param>
    /// <param name="classes">The number of classes.</param>
    public NaiveBayes(IReadOnlyList<(string Text, string? Pair)> texts, IReadOnlyList<int> labels, int classes)
    {
        _classes = classes;
        double[] examples = new double[classes], grams = new double[classes];
        for (int i = 0; i < texts.Count; i++)
        {
            int label = labels[i];
            examples[label]++;
            foreach (string gram in WordFeatures.OneAndTwoGrams(texts[i].Text, texts[i].Pair))
            {
                grams[label]++;
                Counts(gram)[label]++;
            }
        }

        foreach (float[] counts in _logLikelihoods)
        {
            for (int c = 0; c < classes; c++) counts[c] = (float)(Math.Log(counts[c] + 1) - Math.Log(grams[c] + _vocabulary.Count));
        }

        _logPriors = examples.Select(count => Math.Log((count + 1) / (texts.Count + classes))).ToArray();
    }

    /// <summary>The most probable class of a text.</summary>
    public int Predict(string text, string? pair = null)
    {
        double[] scores = (double[])_logPriors.Clone();
        foreach (string gram in WordFeatures.OneAndTwoGrams(text, pair))
        {
            if (!_vocabulary.TryGetValue(gram, out int index)) continue;
            for (int c = 0; c < _classes; c++) scores[c] += _logLikelihoods[index][c];
        }

        return Calibration.ArgMax(scores);
    }

    private float[] Counts(string gram)
    {
        if (_vocabulary.TryGetValue(gram, out int index)) return _logLikelihoods[index];
        _vocabulary.Add(gram, _vocabulary.Count);
        _logLikelihoods.Add(new float[_classes]);
        return _logLikelihoods[^1];
    }
}
