using System.Numerics.Tensors;

namespace Graft.Tasks;

/// <summary>
/// How far a text is from those that a model was trained on: the Mahalanobis distance of the model's own vector of it from theirs (Lee et
/// al. 2018), with one covariance, shrunk towards a multiple of the identity. Beyond the distance that a stated share of held-out texts of
/// the same kind exceeds, a text is unfamiliar.
/// </summary>
internal sealed class Familiarity
{
    /// <summary>The share of texts of the same kind that is called unfamiliar.</summary>
    public const double FalseAlarms = 0.05;

    private const double Shrinkage = 0.5;

    /// <param name="mean">The mean vector, [D].</param>
    /// <param name="factor">The inverse of the covariance's Cholesky factor, [D, D], lower triangle.</param>
    /// <param name="threshold">The distance from which on a text is unfamiliar.</param>
    public Familiarity(float[] mean, float[] factor, double threshold) => (Mean, Factor, Threshold) = (mean, factor, threshold);

    public float[] Mean { get; }

    public float[] Factor { get; }

    public double Threshold { get; }

    /// <summary>The shape of texts' vectors; without a threshold.</summary>
    /// <param name="vectors">[texts, width], row-major.</param>
    /// <param name="width">The size of a vector.</param>
    public static Familiarity Fit(ReadOnlySpan<float> vectors, int width)
    {
        int count = vectors.Length / width;
        double[] mean = new double[width];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < width; i++) mean[i] += vectors[(row * width) + i] / (double)count;
        }

        double[] covariance = new double[width * width], centred = new double[width];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < width; i++) centred[i] = vectors[(row * width) + i] - mean[i];
            for (int i = 0; i < width; i++)
            {
                Span<double> sums = covariance.AsSpan(i * width, i + 1);
                TensorPrimitives.MultiplyAdd<double>(centred.AsSpan(0, i + 1), centred[i] / count, sums, sums);
            }
        }

        double average = Enumerable.Range(0, width).Sum(i => covariance[(i * width) + i]) / width;
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++) covariance[(i * width) + j] *= 1 - Shrinkage;
            covariance[(i * width) + i] += (Shrinkage * average) + 1e-12;
        }

        return new Familiarity(
            Array.ConvertAll(mean, value => (float)value),
            Array.ConvertAll(InverseOfFactor(covariance, width), value => (float)value),
            double.PositiveInfinity
        );
    }

    /// <summary>The same with the threshold that a share of held-out texts exceeds; null where they are too few to tell.</summary>
    /// <param name="heldOut">Distances of texts of the same kind that the shape was not fitted on.</param>
    public Familiarity? Calibrated(IReadOnlyList<double> heldOut)
    {
        int place = (int)Math.Ceiling((1 - FalseAlarms) * (heldOut.Count + 1)); // split conformal: at most the share, for any distribution
        return place > heldOut.Count ? null : new Familiarity(Mean, Factor, heldOut.Order().ElementAt(place - 1));
    }

    /// <summary>The distances of texts.</summary>
    /// <param name="vectors">[texts, width], row-major.</param>
    public double[] Distances(ReadOnlySpan<float> vectors)
    {
        double[] distances = new double[vectors.Length / Mean.Length];
        for (int row = 0; row < distances.Length; row++) distances[row] = Distance(vectors.Slice(row * Mean.Length, Mean.Length));
        return distances;
    }

    /// <summary>Which texts are unfamiliar; null where scores have no vectors.</summary>
    /// <param name="examples">The number of texts.</param>
    /// <param name="encoded">The windows of the texts.</param>
    /// <param name="scores">The windows' scores with their vectors.</param>
    public bool[]? AreUnfamiliar(int examples, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        if (scores.Any(score => score.Vector is null)) return null;
        float[] vectors = OfExamples(examples, encoded.Features, [.. scores.SelectMany(score => score.Vector!)]);
        return [.. Distances(vectors).Select(distance => distance > Threshold)];
    }

    /// <summary>One vector an example: the mean of its windows', of length 1.</summary>
    /// <param name="examples">The number of examples.</param>
    /// <param name="features">The windows of the texts.</param>
    /// <param name="windows">[windows, width], row-major.</param>
    public static float[] OfExamples(int examples, IReadOnlyList<Feature> features, float[] windows)
    {
        int width = features.Count == 0 ? 0 : windows.Length / features.Count;
        float[] vectors = new float[examples * width];
        for (int i = 0; i < features.Count; i++)
        {
            Span<float> own = vectors.AsSpan(features[i].Example * width, width);
            TensorPrimitives.Add(own, windows.AsSpan(i * width, width), own);
        }

        for (int example = 0; example < examples; example++)
        {
            Span<float> own = vectors.AsSpan(example * width, width);
            TensorPrimitives.Divide(own, Math.Max(TensorPrimitives.Norm<float>(own), 1e-12f), own);
        }

        return vectors;
    }

    private double Distance(ReadOnlySpan<float> vector)
    {
        int width = Mean.Length;
        Span<float> centred = width <= 4096 ? stackalloc float[width] : new float[width];
        TensorPrimitives.Subtract(vector, Mean, centred);
        double sum = 0;
        for (int i = 0; i < width; i++)
        {
            double value = TensorPrimitives.Dot<float>(Factor.AsSpan(i * width, i + 1), centred[..(i + 1)]);
            sum += value * value;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>L⁻¹ of C = L·Lᵀ, by Cholesky's factorisation and forward substitution.</summary>
    private static double[] InverseOfFactor(double[] covariance, int width)
    {
        double[] lower = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = covariance[(i * width) + j]
                    - TensorPrimitives.Dot<double>(lower.AsSpan(i * width, j), lower.AsSpan(j * width, j));
                lower[(i * width) + j] = i == j ? Math.Sqrt(Math.Max(rest, 1e-18)) : rest / lower[(j * width) + j];
            }
        }

        double[] inverse = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            Span<double> row = inverse.AsSpan(i * width, width);
            for (int k = 0; k < i; k++)
                TensorPrimitives.MultiplyAdd<double>(
                    inverse.AsSpan(k * width, k + 1),
                    -lower[(i * width) + k],
                    row[..(k + 1)],
                    row[..(k + 1)]
                );
            row[i] = 1;
            TensorPrimitives.Divide<double>(row[..(i + 1)], lower[(i * width) + i], row[..(i + 1)]);
        }

        return inverse;
    }
}
