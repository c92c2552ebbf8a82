using System.Numerics.Tensors;
using Graft.Evaluation;

namespace Graft.StaticModels;

/// <summary>What a text's vector is tuned towards.</summary>
internal enum TuningTarget
{
    /// <summary>Probabilities of classes: cross-entropy.</summary>
    Classes,

    /// <summary>Probabilities of labels, each by itself: binary cross-entropy.</summary>
    Labels,

    /// <summary>The teacher's vector: 1 − cosine.</summary>
    Vector,
}

/// <summary>
/// Tunes vectors of tokens on texts, by Adam with a rate that falls linearly to 0. Tokens are dropped at random, so that no text leans on
/// one of them. Rows of tokens that no text has stay as they were.
/// </summary>
internal static class StaticTuning
{
    private const int BatchSize = 64;
    private const double Dropped = 0.3;
    private const float VectorRate = 3e-3f, OutputRate = 1e-2f, First = 0.9f, Second = 0.999f, Tiny = 1e-8f;

    /// <summary>Tunes; the vectors are changed in place.</summary>
    /// <param name="vectors">[tokens, width].</param>
    /// <param name="width">Values in a vector.</param>
    /// <param name="texts">The tokens of each text.</param>
    /// <param name="targets">What each is tuned towards, [texts][outputs].</param>
    /// <param name="kind">What targets are.</param>
    /// <param name="epochs">Passes over the texts.</param>
    /// <param name="seed">The seed of the order and of dropped tokens.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>The classifier that was trained with them; null for vectors.</returns>
    public static LinearClassifier? Run(
        float[] vectors,
        int width,
        IReadOnlyList<int[]> texts,
        float[][] targets,
        TuningTarget kind,
        int epochs,
        ulong seed,
        CancellationToken cancellationToken
    )
    {
        Tuned table = new(vectors, width, VectorRate),
            output = new(kind == TuningTarget.Vector ? [] : new float[targets[0].Length * (width + 1)], width + 1, OutputRate);
        int[] order = [.. Enumerable.Range(0, texts.Count)];
        int batches = (order.Length + BatchSize - 1) / BatchSize;
        long step = 0, steps = (long)batches * epochs;
        int[][] kept = new int[BatchSize][];
        float[] mean = new float[width + 1], gradient = new float[width];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            CounterRandom random = new(CounterRandom.Key(seed, (ulong)epoch));
            random.Shuffle<int>(order);
            foreach (int[] batch in order.Chunk(BatchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (int text in batch)
                {
                    int[] tokens = Drop(texts[text], ref random);
                    if (tokens.Length == 0) continue;
                    Mean(vectors, width, tokens, mean);
                    Loss(kind, mean, targets[text], output, gradient, batch.Length);
                    TensorPrimitives.Divide(gradient, tokens.Length, gradient);
                    foreach (int token in tokens) table.AddGradient(token, gradient);
                }

                float left = 1 - ((float)step / steps);
                table.Update(++step, left);
                output.Update(step, left);
            }
        }

        return kind == TuningTarget.Vector ? null : ToLinear(output.Values, width);
    }

    private static int[] Drop(int[] tokens, ref CounterRandom random)
    {
        List<int> kept = new(tokens.Length);
        foreach (int token in tokens)
        {
            if (random.NextDouble() >= Dropped) kept.Add(token);
        }

        return kept.Count > 0 ? [.. kept] : tokens;
    }

    /// <summary>The mean of tokens' vectors with a 1 after it, for the bias.</summary>
    private static void Mean(float[] vectors, int width, int[] tokens, float[] mean)
    {
        Span<float> sum = mean.AsSpan(0, width);
        sum.Clear();
        foreach (int token in tokens) TensorPrimitives.Add(sum, vectors.AsSpan(token * width, width), sum);
        TensorPrimitives.Divide(sum, tokens.Length, sum);
        mean[width] = 1;
    }

    /// <summary>Writes the derivative of the loss by the mean, and adds those by the outputs' weights.</summary>
    private static void Loss(TuningTarget kind, float[] mean, float[] target, Tuned output, float[] gradient, int count)
    {
        int width = gradient.Length;
        Span<float> x = mean.AsSpan(0, width);
        if (kind == TuningTarget.Vector)
        {
            float length = MathF.Max(TensorPrimitives.Norm(x), 1e-6f), other = MathF.Max(TensorPrimitives.Norm(target), 1e-6f);
            float cosine = TensorPrimitives.Dot(x, target) / (length * other);
            for (int i = 0; i < width; i++) gradient[i] = ((cosine * x[i] / length) - (target[i] / other)) / (length * count);
            return;
        }

        float[] scores = new float[target.Length];
        for (int c = 0; c < scores.Length; c++)
            scores[c] = TensorPrimitives.Dot<float>(output.Values.AsSpan(c * (width + 1), width + 1), mean);
        if (kind == TuningTarget.Classes)
            TensorPrimitives.SoftMax<float>(scores, scores);
        else
            TensorPrimitives.Sigmoid<float>(scores, scores);
        Array.Clear(gradient);
        for (int c = 0; c < scores.Length; c++)
        {
            float error = (scores[c] - target[c]) / count;
            TensorPrimitives.MultiplyAdd<float>(output.Values.AsSpan(c * (width + 1), width), error, gradient, gradient);
            output.AddGradient(c, mean, error);
        }
    }

    private static LinearClassifier ToLinear(float[] values, int width)
    {
        int outputs = values.Length / (width + 1);
        float[] weight = new float[outputs * width], bias = new float[outputs];
        for (int c = 0; c < outputs; c++)
        {
            values.AsSpan(c * (width + 1), width).CopyTo(weight.AsSpan(c * width));
            bias[c] = values[(c * (width + 1)) + width];
        }

        return new LinearClassifier(weight, bias);
    }

    /// <summary>Rows with Adam's moments; only rows that have a gradient move.</summary>
    private sealed class Tuned(float[] values, int width, float rate)
    {
        private readonly float[] _gradient = new float[values.Length],
            _first = new float[values.Length],
            _second = new float[values.Length];
        private readonly HashSet<int> _rows = [];

        public float[] Values => values;

        public void AddGradient(int row, ReadOnlySpan<float> gradient, float factor = 1)
        {
            _rows.Add(row);
            Span<float> sum = _gradient.AsSpan(row * width, width);
            TensorPrimitives.MultiplyAdd(gradient, factor, sum, sum);
        }

        public void Update(long step, float left)
        {
            float firstScale = 1 / (1 - MathF.Pow(First, step)), secondScale = 1 / (1 - MathF.Pow(Second, step)), size = rate * left;
            foreach (int row in _rows)
            {
                for (int i = row * width; i < (row + 1) * width; i++)
                {
                    float g = _gradient[i];
                    _first[i] += (1 - First) * (g - _first[i]);
                    _second[i] += (1 - Second) * ((g * g) - _second[i]);
                    values[i] -= size * _first[i] * firstScale / (MathF.Sqrt(_second[i] * secondScale) + Tiny);
                    _gradient[i] = 0;
                }
            }

            _rows.Clear();
        }
    }
}
