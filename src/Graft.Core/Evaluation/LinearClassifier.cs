using System.Numerics.Tensors;

namespace Graft.Evaluation;

/// <summary>A matrix and a bias on features: what every way of fitting a linear classifier ends in.</summary>
/// <param name="Weight">[outputs, width].</param>
/// <param name="Bias">[outputs].</param>
internal sealed record LinearClassifier(float[] Weight, float[] Bias)
{
    /// <summary>The scores of every vector, [vectors][outputs].</summary>
    /// <param name="vectors">[vectors, width], row-major.</param>
    public float[][] Score(ReadOnlySpan<float> vectors)
    {
        int outputs = Bias.Length, width = Weight.Length / outputs;
        float[][] scores = new float[vectors.Length / width][];
        for (int row = 0; row < scores.Length; row++)
        {
            ReadOnlySpan<float> vector = vectors.Slice(row * width, width);
            scores[row] = new float[outputs];
            for (int c = 0; c < outputs; c++) scores[row][c] = TensorPrimitives.Dot(vector, Weight.AsSpan(c * width, width)) + Bias[c];
        }

        return scores;
    }

    /// <summary>A classifier of standardised features as one of the features themselves.</summary>
    /// <param name="weight">[outputs, width] on (x − mean) · scale.</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="mean">The mean of each column.</param>
    /// <param name="scale">1 / standard deviation of each column.</param>
    public static LinearClassifier OnFeatures(ReadOnlySpan<double> weight, ReadOnlySpan<double> bias, float[] mean, float[] scale)
    {
        float[] plain = new float[weight.Length], shifted = new float[bias.Length];
        for (int c = 0; c < shifted.Length; c++)
        {
            double shift = bias[c];
            for (int i = 0; i < mean.Length; i++)
            {
                double value = weight[(c * mean.Length) + i] * scale[i];
                plain[(c * mean.Length) + i] = (float)value;
                shift -= value * mean[i];
            }

            shifted[c] = (float)shift;
        }

        return new LinearClassifier(plain, shifted);
    }
}
