using System.Numerics.Tensors;
using Graft.Evaluation;

namespace Graft.Labelling;

/// <summary>
/// The convex classifier on the vectors of labelled texts: one softmax over the classes seen so far, or one sigmoid a label where a text
/// may have several.
/// </summary>
internal sealed class LabelModel
{
    private const double C = 10;
    private readonly int _labels;
    private readonly bool _several;
    private readonly int[] _outputs; // which label name each output stands for
    private readonly LinearClassifier[] _classifiers;

    private LabelModel(int labels, bool several, int[] outputs, LinearClassifier[] classifiers, int examples) =>
        (_labels, _several, _outputs, _classifiers, Examples) = (labels, several, outputs, classifiers, examples);

    /// <summary>The number of labelled texts it was fitted to.</summary>
    public int Examples { get; }

    /// <summary>Fits the classifier; null while only one class was given.</summary>
    /// <param name="features">[texts, width], row-major.</param>
    /// <param name="width">The size of a vector.</param>
    /// <param name="rows">The labelled rows.</param>
    /// <param name="targets">The labels of each of them, as positions in the list of names.</param>
    /// <param name="labels">The number of names.</param>
    /// <param name="several">Whether a text may have several labels.</param>
    public static LabelModel? Fit(
        float[] features,
        int width,
        IReadOnlyList<int> rows,
        IReadOnlyList<int[]> targets,
        int labels,
        bool several
    )
    {
        if (rows.Count < 2) return null;
        float[] vectors = new float[rows.Count * width];
        for (int i = 0; i < rows.Count; i++) features.AsSpan(rows[i] * width, width).CopyTo(vectors.AsSpan(i * width));
        if (!several)
        {
            int[] seen = [.. targets.Select(target => target[0]).Distinct().Order()];
            if (seen.Length < 2) return null;
            int[] classes = [.. targets.Select(target => Array.BinarySearch(seen, target[0]))];
            return new LabelModel(
                labels,
                several,
                seen,
                [LogisticRegression.FitPlain(vectors, width, classes, seen.Length, C)],
                rows.Count
            );
        }

        int[] mixed =
        [
            .. Enumerable
                .Range(0, labels)
                .Where(label => targets.Any(target => target.Contains(label)) && targets.Any(target => !target.Contains(label))),
        ];
        if (mixed.Length == 0)
            return null;
        LinearClassifier[] each =
        [
            .. mixed.Select(label =>
                LogisticRegression.FitPlain(vectors, width, [.. targets.Select(target => target.Contains(label) ? 1 : 0)], 2, C)
            ),
        ];
        return new LabelModel(labels, several, mixed, each, rows.Count);
    }

    /// <summary>The probability of each label name; 0 for those not seen yet.</summary>
    public double[] Probabilities(ReadOnlySpan<float> vector)
    {
        double[] result = new double[_labels];
        if (_several)
        {
            for (int i = 0; i < _outputs.Length; i++)
            {
                float[] scores = _classifiers[i].Score(vector)[0];
                result[_outputs[i]] = 1 / (1 + Math.Exp(scores[0] - scores[1]));
            }

            return result;
        }

        float[] logits = _classifiers[0].Score(vector)[0];
        TensorPrimitives.SoftMax(logits, logits);
        for (int i = 0; i < _outputs.Length; i++) result[_outputs[i]] = logits[i];
        return result;
    }

    /// <summary>What the model would answer.</summary>
    public int[] Answer(double[] probabilities) =>
        _several
            ? [.. Enumerable.Range(0, _labels).Where(label => probabilities[label] > 0.5)]
            : [TensorPrimitives.IndexOfMax<double>(probabilities)];

    /// <summary>The probability of an answer: of its least likely part where it has several.</summary>
    public double ProbabilityOf(double[] probabilities, int[] answer) =>
        _several
            ? Enumerable.Range(0, _labels).Min(label => answer.Contains(label) ? probabilities[label] : 1 - probabilities[label])
            : probabilities[answer[0]];

    /// <summary>From 0, sure, to 1: two answers are equally likely.</summary>
    public double Uncertainty(double[] probabilities)
    {
        if (_several) return probabilities.Max(p => 1 - Math.Abs((2 * p) - 1));
        double first = 0, second = 0;
        foreach (double p in probabilities)
        {
            if (p > first) (first, second) = (p, first);
            else if (p > second) second = p;
        }

        return 1 - (first - second);
    }
}
