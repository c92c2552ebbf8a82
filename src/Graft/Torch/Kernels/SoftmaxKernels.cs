using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Dropout;

namespace Graft.Torch.Kernels;

/// <summary>Softmax of one row of attention scores, and its gradient.</summary>
internal static unsafe class SoftmaxKernels
{
    /// <summary>Softmax of [from, to) in place, 0 elsewhere in [0, count); returns the largest score and the inverse of the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Largest, float Inverse) Softmax(float* row, int count, int from, int to)
    {
        if (from > 0) new Span<float>(row, from).Clear();
        if (to < count) new Span<float>(row + to, count - to).Clear();
        if (from >= to) return (0, 0);
        float largest = Largest(row + from, to - from);
        Vector256<float> top = Vector256.Create(largest), sums = default;
        int i = from;
        for (; i + 8 <= to; i += 8)
        {
            Vector256<float> value = VectorMath.Exp(Vector256.Load(row + i) - top);
            sums += value;
            value.Store(row + i);
        }

        float sum = Vector256.Sum(sums);
        for (; i < to; i++)
        {
            row[i] = VectorMath.Exp(Vector256.Create(row[i]) - top).ToScalar();
            sum += row[i];
        }

        float inverse = 1 / sum;
        Multiply(row + from, to - from, inverse);
        return (largest, inverse);
    }

    /// <summary>The probabilities again, from scores and what <see cref="Softmax"/> returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxAgain(float* row, int count, int from, int to, float largest, float inverse)
    {
        if (from > 0) new Span<float>(row, from).Clear();
        if (to < count) new Span<float>(row + to, count - to).Clear();
        Vector256<float> top = Vector256.Create(largest);
        int i = from;
        for (; i + 8 <= to; i += 8) (VectorMath.Exp(Vector256.Load(row + i) - top) * inverse).Store(row + i);
        for (; i < to; i++) row[i] = VectorMath.Exp(Vector256.Create(row[i]) - top).ToScalar() * inverse;
    }

    /// <summary>Scores' gradients in place of probabilities' ones: p · (factor · dp − mean); p is left dropped (p · factor).</summary>
    /// <param name="p">Probabilities.</param>
    /// <param name="dp">Gradients of the dropped probabilities; replaced by those of the scores.</param>
    /// <param name="count">A row's length.</param>
    /// <param name="mean">Σ p · factor · dp of the row.</param>
    /// <param name="dropout">The masks; null for none.</param>
    /// <param name="stream">The row's random stream.</param>
    /// <param name="element">The element the row begins with, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxGradient(float* p, float* dp, int count, float mean, RowDropout? dropout, ulong stream, int element)
    {
        Vector256<float> center = Vector256.Create(mean);
        int i = 0;
        if (dropout is null)
        {
            for (; i + 8 <= count; i += 8) (Vector256.Load(p + i) * (Vector256.Load(dp + i) - center)).Store(dp + i);
            for (; i < count; i++) dp[i] = p[i] * (dp[i] - mean);
            return;
        }

        DropoutMask mask = dropout.Mask;
        for (; i + 16 <= count; i += 16)
        {
            (Vector256<float> low, Vector256<float> high) = mask.Factors(stream, element + i);
            Vector256<float> a = Vector256.Load(p + i), b = Vector256.Load(p + i + 8);
            (a * (Vector256.MultiplyAddEstimate(Vector256.Load(dp + i), low, -center))).Store(dp + i);
            (b * (Vector256.MultiplyAddEstimate(Vector256.Load(dp + i + 8), high, -center))).Store(dp + i + 8);
            (a * low).Store(p + i);
            (b * high).Store(p + i + 8);
        }

        for (; i < count; i++)
        {
            float factor = mask.Factor(stream, element + i);
            dp[i] = p[i] * ((dp[i] * factor) - mean);
            p[i] *= factor;
        }
    }

    /// <summary>p · factor in place, from an element on that is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DropProbabilities(float* p, int count, in DropoutMask mask, ulong stream, int element)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16)
        {
            (Vector256<float> low, Vector256<float> high) = mask.Factors(stream, element + i);
            (Vector256.Load(p + i) * low).Store(p + i);
            (Vector256.Load(p + i + 8) * high).Store(p + i + 8);
        }

        for (; i < count; i++) p[i] *= mask.Factor(stream, element + i);
    }

    /// <summary>Σ a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        Vector256<float> sums = default;
        int i = 0;
        for (; i + 8 <= count; i += 8) sums = Vector256.MultiplyAddEstimate(Vector256.Load(a + i), Vector256.Load(b + i), sums);
        float sum = Vector256.Sum(sums);
        for (; i < count; i++) sum += a[i] * b[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* row, int count)
    {
        float largest = float.NegativeInfinity;
        int i = 0;
        if (count >= 8)
        {
            Vector256<float> best = Vector256.Load(row);
            for (i = 8; i + 8 <= count; i += 8) best = Vector256.Max(best, Vector256.Load(row + i));
            for (int lane = 0; lane < 8; lane++) largest = MathF.Max(largest, best[lane]);
        }

        for (; i < count; i++) largest = MathF.Max(largest, row[i]);
        return largest;
    }

    private static void Multiply(float* row, int count, float factor)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(row + i) * factor).Store(row + i);
        for (; i < count; i++) row[i] *= factor;
    }
}
