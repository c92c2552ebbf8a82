using System.Numerics.Tensors;
using Graft.Evaluation;

namespace Graft.StaticModels;

/// <summary>The convex classifier with probabilities as targets: cross-entropy and an L2 penalty, fitted by L-BFGS.</summary>
internal static class SoftClassifier
{
    private const double Penalty = 1e-4;

    /// <summary>Fits it.</summary>
    /// <param name="vectors">The vectors of texts.</param>
    /// <param name="targets">What each should be answered, [texts][outputs].</param>
    /// <param name="kind">Whether one class is right, or each label by itself.</param>
    public static LinearClassifier Fit(float[][] vectors, float[][] targets, TuningTarget kind)
    {
        int width = vectors[0].Length,
            outputs = targets[0].Length,
            row = width + 1;
        double[] found = Lbfgs.Minimize(
            (point, gradient) => Loss(point.ToArray(), gradient, vectors, targets, kind),
            new double[outputs * row],
            iterations: 100
        );
        float[] weight = new float[outputs * width],
            bias = new float[outputs];
        for (int c = 0; c < outputs; c++)
        {
            for (int i = 0; i < width; i++) weight[(c * width) + i] = (float)found[(c * row) + i];
            bias[c] = (float)found[(c * row) + width];
        }

        return new LinearClassifier(weight, bias);
    }

    private static double Loss(double[] point, Span<double> gradient, float[][] vectors, float[][] targets, TuningTarget kind)
    {
        int width = vectors[0].Length, outputs = targets[0].Length, row = width + 1;
        float[] weight = Array.ConvertAll(point, value => (float)value), scores = new float[outputs];
        float[] sum = new float[point.Length];
        double loss = 0, penalty = 0;
        for (int text = 0; text < vectors.Length; text++)
        {
            for (int c = 0; c < outputs; c++)
                scores[c] = TensorPrimitives.Dot<float>(weight.AsSpan(c * row, width), vectors[text]) + weight[(c * row) + width];
            if (kind == TuningTarget.Classes)
                TensorPrimitives.SoftMax<float>(scores, scores);
            else
                TensorPrimitives.Sigmoid<float>(scores, scores);
            for (int c = 0; c < outputs; c++)
            {
                float target = targets[text][c], error = scores[c] - target;
                loss -= target * Math.Log(Math.Max(scores[c], 1e-30f));
                if (kind == TuningTarget.Labels) loss -= (1 - target) * Math.Log(Math.Max(1 - scores[c], 1e-30f));
                Span<float> own = sum.AsSpan(c * row, width);
                TensorPrimitives.MultiplyAdd<float>(vectors[text], error, own, own);
                sum[(c * row) + width] += error;
            }
        }

        for (int i = 0; i < point.Length; i++)
        {
            bool isWeight = i % row != width;
            gradient[i] = (sum[i] / vectors.Length) + (isWeight ? Penalty * point[i] : 0);
            if (isWeight) penalty += point[i] * point[i];
        }

        return (loss / vectors.Length) + (Penalty / 2 * penalty);
    }
}
