using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Evaluation;

/// <summary>
/// The convex classifier of feature extraction: multinomial logistic regression on frozen features, with an L2 penalty, fitted by L-BFGS.
/// One optimum, no learning rate, the same on every machine up to rounding.
/// <code>
/// loss = mean over examples of −log softmax(W·x + b)[label] + λ/2·‖W‖²
/// </code>
/// </summary>
internal sealed class LogisticRegression
{
    private const int Folds = 5, OneFoldFrom = 2_000, Piece = 1_024;
    private const double Tolerance = 1e-5, RoughTolerance = 1e-3;
    private static readonly double[] s_penalties = [1e-1, 1e-2, 1e-3, 1e-4];
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
    public static LogisticRegression Fit(
        ReadOnlySpan<float> features,
        int width,
        ReadOnlySpan<int> labels,
        int classes,
        double l2 = 1e-2
    ) => Fit(features, width, labels, classes, l2, new double[classes * (width + 1)], Tolerance);

    private static LogisticRegression Fit(
        ReadOnlySpan<float> features,
        int width,
        ReadOnlySpan<int> labels,
        int classes,
        double l2,
        double[] start,
        double tolerance
    )
    {
        if (labels.Length == 0 || features.Length != (long)labels.Length * width)
            throw new ArgumentException("one feature vector an example, and at least one", nameof(features));
        (float[] mean, float[] scale) = Standardization(features, width);
        return new LogisticRegression(
            classes,
            Minimize(Standardize(features, mean, scale), labels.ToArray(), classes, width, l2, start, tolerance),
            mean,
            scale
        );
    }

    private static double[] Minimize(double[] x, int[] labels, int classes, int width, double l2, double[] start, double tolerance) =>
        Lbfgs.Minimize((w, gradient) => Loss(w, gradient, x, width, labels, classes, l2), start, tolerance: tolerance);

    /// <summary>
    /// Chooses λ among powers of ten on examples that were held out: five folds by position of up to 2,000 examples, one fold of more. Each
    /// fit begins where the one with the stronger penalty ended.
    /// </summary>
    /// <inheritdoc cref="Fit(ReadOnlySpan{float}, int, ReadOnlySpan{int}, int, double)"/>
    public static LogisticRegression FitWithChosenPenalty(ReadOnlySpan<float> features, int width, ReadOnlySpan<int> labels, int classes)
    {
        int[] right = new int[s_penalties.Length];
        double[][] ends = [.. s_penalties.Select(_ => new double[classes * (width + 1)])];
        for (int fold = 0; fold < (labels.Length > OneFoldFrom ? 1 : Folds); fold++)
            Validate(features, width, labels, classes, fold, right, ends);
        int best = Array.IndexOf(right, right.Max());
        return Fit(features, width, labels, classes, s_penalties[best], ends[best], Tolerance);
    }

    /// <summary>
    /// The classifier of vectors as they are, not standardised: scikit-learn's <c>LogisticRegression(C)</c>, which minimises C · Σ −log
    /// p(label) + ‖W‖²/2; of two classes with one row of weights, here as a difference of two.
    /// </summary>
    /// <param name="vectors">[examples, width], row-major.</param>
    /// <param name="width">Width of a vector.</param>
    /// <param name="labels">[examples], each below <paramref name="classes"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="c">The inverse of the penalty.</param>
    internal static LinearClassifier FitPlain(ReadOnlySpan<float> vectors, int width, ReadOnlySpan<int> labels, int classes, double c = 1)
    {
        if (labels.Length == 0 || vectors.Length != (long)labels.Length * width)
            throw new ArgumentException("one vector an example, and at least one", nameof(vectors));
        double l2 = (classes == 2 ? 2 : 1) / (c * labels.Length);
        double[] x = new double[vectors.Length];
        TensorPrimitives.ConvertChecked(vectors, x);
        double[] weights = Minimize(x, labels.ToArray(), classes, width, l2, new double[classes * (width + 1)], Tolerance);
        (float[] none, float[] one) = (new float[width], new float[width]);
        Array.Fill(one, 1);
        return new LogisticRegression(classes, weights, none, one).ToLinear();
    }

    /// <summary>The same classifier as a matrix and a bias on features as they are.</summary>
    internal LinearClassifier ToLinear()
    {
        double[] weight = [.. Enumerable.Range(0, Classes).SelectMany(c => _weights[(c * (Width + 1))..((c * (Width + 1)) + Width)])];
        return LinearClassifier.OnFeatures(
            weight,
            [.. Enumerable.Range(0, Classes).Select(c => _weights[(c * (Width + 1)) + Width])],
            _mean,
            _scale
        );
    }

    /// <summary>Class probabilities of one feature vector.</summary>
    /// <param name="features">[width]</param>
    public double[] Predict(ReadOnlySpan<float> features)
    {
        double[] x = Standardize(features, _mean, _scale);
        double[] scores = new double[Classes];
        for (int c = 0; c < Classes; c++) scores[c] = Score(_weights, c, x);
        TensorPrimitives.SoftMax<double>(scores, scores);
        return scores;
    }

    /// <summary>Fits with every penalty on what is not in a fold, and counts the right answers in the fold.</summary>
    private static void Validate(
        ReadOnlySpan<float> features,
        int width,
        ReadOnlySpan<int> labels,
        int classes,
        int fold,
        int[] right,
        double[][] ends
    )
    {
        int held = (labels.Length - fold + Folds - 1) / Folds;
        float[] trainFeatures = new float[(labels.Length - held) * width];
        int[] trainLabels = new int[labels.Length - held];
        if (trainLabels.Length == 0) return;
        for (int i = 0, row = 0; i < labels.Length; i++)
        {
            if (i % Folds == fold) continue;
            features.Slice(i * width, width).CopyTo(trainFeatures.AsSpan(row * width));
            trainLabels[row++] = labels[i];
        }

        double[] start = new double[classes * (width + 1)];
        (float[] mean, float[] scale) = Standardization(trainFeatures, width);
        double[] x = Standardize(trainFeatures, mean, scale);
        for (int penalty = 0; penalty < s_penalties.Length; penalty++)
        {
            start = ends[penalty] = Minimize(x, trainLabels, classes, width, s_penalties[penalty], [.. start], RoughTolerance);
            LogisticRegression model = new(classes, start, mean, scale);
            for (int i = fold; i < labels.Length; i += Folds)
            {
                if (TensorPrimitives.IndexOfMax<double>(model.Predict(features.Slice(i * width, width))) == labels[i]) right[penalty]++;
            }
        }
    }

    private static double Score(ReadOnlySpan<double> weights, int c, ReadOnlySpan<double> x)
    {
        ReadOnlySpan<double> row = weights.Slice(c * (x.Length + 1), x.Length + 1);
        return Dot(row, x) + row[^1];
    }

    // The loops below are compiled well at once: a head is trained in less time than the runtime takes to notice that library loops are
    // worth it.

    /// <summary>The sum of products over the length of <paramref name="b"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ref double first = ref MemoryMarshal.GetReference(a[..b.Length]), second = ref MemoryMarshal.GetReference(b);
        Vector256<double> even = default, odd = default;
        int i = 0;
        for (; i + 8 <= b.Length; i += 8)
        {
            even = Vector256.MultiplyAddEstimate(
                Vector256.LoadUnsafe(ref first, (nuint)i),
                Vector256.LoadUnsafe(ref second, (nuint)i),
                even
            );
            odd = Vector256.MultiplyAddEstimate(
                Vector256.LoadUnsafe(ref first, (nuint)i + 4),
                Vector256.LoadUnsafe(ref second, (nuint)i + 4),
                odd
            );
        }

        double sum = Vector256.Sum(even + odd);
        for (; i < b.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>to += factor · x over the length of <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddScaled(Span<double> to, ReadOnlySpan<double> x, double factor)
    {
        ref double sums = ref MemoryMarshal.GetReference(to[..x.Length]), values = ref MemoryMarshal.GetReference(x);
        int i = 0;
        for (; i + 4 <= x.Length; i += 4)
        {
            Vector256
                .MultiplyAddEstimate(
                    Vector256.LoadUnsafe(ref values, (nuint)i),
                    Vector256.Create(factor),
                    Vector256.LoadUnsafe(ref sums, (nuint)i)
                )
                .StoreUnsafe(ref sums, (nuint)i);
        }

        for (; i < x.Length; i++) to[i] += factor * x[i];
    }

    /// <summary>Examples are summed in pieces of a fixed size, so the number of threads changes nothing.</summary>
    private static double Loss(
        ReadOnlySpan<double> weights,
        Span<double> gradient,
        double[] x,
        int width,
        int[] labels,
        int classes,
        double l2
    )
    {
        double[] w = weights.ToArray();
        int pieces = (labels.Length + Piece - 1) / Piece;
        double[] losses = new double[pieces];
        double[][] gradients = new double[pieces][];
        System.Threading.Tasks.Parallel.For(0, pieces, piece =>
        {
            gradients[piece] = new double[w.Length];
            losses[piece] = Sum(
                w,
                gradients[piece],
                x,
                width,
                labels,
                classes,
                piece * Piece,
                Math.Min(labels.Length, (piece + 1) * Piece)
            );
        });
        gradient.Clear();
        foreach (double[] part in gradients) TensorPrimitives.Add<double>(gradient, part, gradient);
        double loss = losses.Sum();
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

    /// <summary>−Σ log p(label) over some examples, and its gradient.</summary>
    private static double Sum(double[] weights, Span<double> gradient, double[] x, int width, int[] labels, int classes, int from, int to)
    {
        double loss = 0;
        double[] scores = new double[classes];
        for (int i = from; i < to; i++)
        {
            ReadOnlySpan<double> example = x.AsSpan(i * width, width);
            for (int c = 0; c < classes; c++) scores[c] = Score(weights, c, example);
            TensorPrimitives.SoftMax<double>(scores, scores);
            loss -= Math.Log(Math.Max(scores[labels[i]], double.Epsilon));
            for (int c = 0; c < classes; c++)
            {
                double error = scores[c] - (c == labels[i] ? 1 : 0);
                Span<double> row = gradient.Slice(c * (width + 1), width + 1);
                AddScaled(row, example, error);
                row[^1] += error;
            }
        }

        return loss;
    }

    /// <summary>Mean and 1 / deviation of each column; 0 for one that never changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (float[] Mean, float[] Scale) Standardization(ReadOnlySpan<float> features, int width)
    {
        int count = features.Length / width;
        double[] mean = new double[width], squares = new double[width];
        for (int start = 0; start < features.Length; start += width)
        {
            for (int column = 0; column < width; column++) mean[column] += features[start + column];
        }

        for (int column = 0; column < width; column++) mean[column] /= count;
        for (int start = 0; start < features.Length; start += width)
        {
            for (int column = 0; column < width; column++)
            {
                double distance = features[start + column] - mean[column];
                squares[column] += distance * distance;
            }
        }

        return (
            [.. mean.Select(value => (float)value)],
            [.. squares.Select(value => value > 0 ? (float)(1 / Math.Sqrt(value / count)) : 0)]
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Standardize(ReadOnlySpan<float> features, float[] mean, float[] scale)
    {
        int width = mean.Length;
        double[] result = new double[features.Length];
        for (int start = 0; start < result.Length; start += width)
        {
            for (int column = 0; column < width; column++)
                result[start + column] = (features[start + column] - mean[column]) * scale[column];
        }

        return result;
    }
}
