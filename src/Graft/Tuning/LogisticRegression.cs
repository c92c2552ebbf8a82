using System.Numerics.Tensors;

namespace Graft.Tuning;

/// <summary>
/// The convex classifier of feature extraction: multinomial logistic regression on frozen features, with an L2 penalty, fitted by L-BFGS.
/// One optimum, no learning rate, the same on every machine up to rounding.
/// <code>
/// loss = mean over examples of −log softmax(W·x + b)[label] + λ/2·‖W‖²
/// </code>
/// </summary>
public sealed class LogisticRegression
{
    private readonly double[] _weights; // [classes, width + 1], the last column the bias
    private readonly float[] _mean;
    private readonly float[] _scale;

    private LogisticRegression(int classes, double[] weights, float[] mean, float[] scale)
    {
        Classes = classes;
        _weights = weights;
        _mean = mean;
        _scale = scale;
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Width of a feature vector.</summary>
    public int Width => _mean.Length;

    /// <summary>Fits the classifier.</summary>
    /// <param name="features">[examples, width], row-major.</param>
    /// <param name="width">Width of a feature vector.</param>
    /// <param name="labels">[examples], each below <paramref name="classes"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="l2">λ, on standardised features.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public static LogisticRegression Fit(ReadOnlySpan<float> features, int width, ReadOnlySpan<int> labels, int classes, double l2 = 1e-2)
    {
        if (labels.Length == 0 || features.Length != (long)labels.Length * width) throw new ArgumentException("one feature vector an example, and at least one", nameof(features));
        (float[] mean, float[] scale) = Standardization(features, width);
        double[] x = Standardize(features, width, mean, scale);
        int[] y = labels.ToArray();
        double[] weights = Lbfgs.Minimize((w, gradient) => Loss(w, gradient, x, width, y, classes, l2), new double[classes * (width + 1)]);
        return new LogisticRegression(classes, weights, mean, scale);
    }

    /// <summary>Chooses λ among powers of ten by cross-validation on the training examples (5 folds by position, so the result is fixed).</summary>
    /// <inheritdoc cref="Fit"/>
    public static LogisticRegression FitWithChosenPenalty(ReadOnlySpan<float> features, int width, ReadOnlySpan<int> labels, int classes)
    {
        double best = 1e-2;
        int bestRight = -1;
        foreach (double l2 in (ReadOnlySpan<double>)[1e-1, 1e-2, 1e-3, 1e-4])
        {
            int right = CrossValidated(features, width, labels, classes, l2);
            if (right > bestRight) (best, bestRight) = (l2, right);
        }

        return Fit(features, width, labels, classes, best);
    }

    /// <summary>Class probabilities of one feature vector.</summary>
    /// <param name="features">[width]</param>
    public double[] Predict(ReadOnlySpan<float> features)
    {
        double[] x = Standardize(features, Width, _mean, _scale);
        double[] scores = new double[Classes];
        for (int c = 0; c < Classes; c++) scores[c] = Score(_weights, c, x);
        TensorPrimitives.SoftMax<double>(scores, scores);
        return scores;
    }

    private static int CrossValidated(ReadOnlySpan<float> features, int width, ReadOnlySpan<int> labels, int classes, double l2)
    {
        const int folds = 5;
        int right = 0;
        for (int fold = 0; fold < folds; fold++)
        {
            List<float> trainFeatures = [];
            List<int> trainLabels = [];
            for (int i = 0; i < labels.Length; i++)
            {
                if (i % folds == fold) continue;
                trainFeatures.AddRange(features.Slice(i * width, width));
                trainLabels.Add(labels[i]);
            }

            if (trainLabels.Count == 0) continue;
            LogisticRegression model = Fit(
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(trainFeatures), width, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(trainLabels), classes, l2);
            for (int i = fold; i < labels.Length; i += folds)
            {
                if (TensorPrimitives.IndexOfMax<double>(model.Predict(features.Slice(i * width, width))) == labels[i]) right++;
            }
        }

        return right;
    }

    private static double Score(ReadOnlySpan<double> weights, int c, ReadOnlySpan<double> x)
    {
        ReadOnlySpan<double> row = weights.Slice(c * (x.Length + 1), x.Length + 1);
        return TensorPrimitives.Dot(row[..^1], x) + row[^1];
    }

    private static double Loss(ReadOnlySpan<double> weights, Span<double> gradient, double[] x, int width, int[] labels, int classes, double l2)
    {
        gradient.Clear();
        double loss = 0;
        double[] scores = new double[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<double> example = x.AsSpan(i * width, width);
            for (int c = 0; c < classes; c++) scores[c] = Score(weights, c, example);
            TensorPrimitives.SoftMax<double>(scores, scores);
            loss -= Math.Log(Math.Max(scores[labels[i]], double.Epsilon));
            for (int c = 0; c < classes; c++)
            {
                double error = scores[c] - (c == labels[i] ? 1 : 0);
                Span<double> row = gradient.Slice(c * (width + 1), width + 1);
                TensorPrimitives.MultiplyAdd(example, error, row[..^1], row[..^1]);
                row[^1] += error;
            }
        }

        TensorPrimitives.Divide<double>(gradient, labels.Length, gradient);
        double penalty = 0;
        for (int c = 0; c < classes; c++)
        {
            ReadOnlySpan<double> row = weights.Slice(c * (width + 1), width);
            Span<double> rowGradient = gradient.Slice(c * (width + 1), width);
            TensorPrimitives.MultiplyAdd(row, l2, rowGradient, rowGradient);
            penalty += TensorPrimitives.SumOfSquares(row);
        }

        return (loss / labels.Length) + (l2 / 2 * penalty);
    }

    private static (float[] Mean, float[] Scale) Standardization(ReadOnlySpan<float> features, int width)
    {
        int count = features.Length / width;
        double[] sum = new double[width], squares = new double[width];
        for (int i = 0; i < features.Length; i++) sum[i % width] += features[i];
        for (int i = 0; i < features.Length; i++)
        {
            double centred = features[i] - (sum[i % width] / count);
            squares[i % width] += centred * centred;
        }

        float[] mean = [.. sum.Select(value => (float)(value / count))];
        float[] scale = [.. squares.Select(value => value > 0 ? (float)(1 / Math.Sqrt(value / count)) : 0)];
        return (mean, scale);
    }

    private static double[] Standardize(ReadOnlySpan<float> features, int width, float[] mean, float[] scale)
    {
        double[] result = new double[features.Length];
        for (int i = 0; i < result.Length; i++) result[i] = (features[i] - mean[i % width]) * (double)scale[i % width];
        return result;
    }
}
