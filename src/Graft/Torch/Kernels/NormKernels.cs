using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Torch.Kernels;

/// <summary>LayerNorm and RMSNorm of one row, and their gradients.</summary>
internal static unsafe class NormKernels
{
    /// <summary>Normalizes a row in place to mean 0 (if centered) and mean square 1; returns what it was divided by, inverted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float NormalizeRow(float* row, int width, float eps, bool centered)
    {
        float mean = centered ? Sum(row, width) / width : 0;
        Vector256<float> center = Vector256.Create(mean), squares0 = default, squares1 = default;
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            Vector256<float> a = Vector256.Load(row + i) - center, b = Vector256.Load(row + i + 8) - center;
            squares0 = Vector256.MultiplyAddEstimate(a, a, squares0);
            squares1 = Vector256.MultiplyAddEstimate(b, b, squares1);
        }

        float sum = Vector256.Sum(squares0 + squares1);
        for (; i < width; i++) sum += (row[i] - mean) * (row[i] - mean);
        float inverse = 1 / MathF.Sqrt((sum / width) + eps);
        i = 0;
        for (; i + 8 <= width; i += 8) ((Vector256.Load(row + i) - center) * inverse).Store(row + i);
        for (; i < width; i++) row[i] = (row[i] - mean) * inverse;
        return inverse;
    }

    /// <summary>y = normalized · weight (+ bias).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleRow(float* normalized, float* weight, float* bias, float* y, int width)
    {
        int i = 0;
        for (; i + 8 <= width; i += 8)
        {
            Vector256<float> value = Vector256.Load(normalized + i) * Vector256.Load(weight + i);
            if (bias is not null) value += Vector256.Load(bias + i);
            value.Store(y + i);
        }

        for (; i < width; i++) y[i] = (normalized[i] * weight[i]) + (bias is null ? 0 : bias[i]);
    }

    /// <summary>
    /// One row of the gradient: dz = inverse · (g − mean(g) − normalized · mean(g · normalized)), g = gradient · weight; the parameters'
    /// gradients are added to.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NormGradientRow(
        float* gradient,
        float* normalized,
        float inverse,
        float* weight,
        bool centered,
        float* dz,
        float* weightGradient,
        float* biasGradient,
        int width
    )
    {
        Vector256<float> sums = default, products = default;
        int i = 0;
        for (; i + 8 <= width; i += 8)
        {
            Vector256<float> upstream = Vector256.Load(gradient + i),
                value = Vector256.Load(normalized + i),
                g = upstream * Vector256.Load(weight + i);
            sums += g;
            products = Vector256.MultiplyAddEstimate(g, value, products);
            Vector256.MultiplyAddEstimate(upstream, value, Vector256.Load(weightGradient + i)).Store(weightGradient + i);
            (Vector256.Load(biasGradient + i) + upstream).Store(biasGradient + i);
        }

        float sum = Vector256.Sum(sums), product = Vector256.Sum(products);
        for (; i < width; i++)
        {
            float g = gradient[i] * weight[i];
            sum += g;
            product += g * normalized[i];
            weightGradient[i] += gradient[i] * normalized[i];
            biasGradient[i] += gradient[i];
        }

        float mean = centered ? sum / width : 0, slope = product / width;
        i = 0;
        for (; i + 8 <= width; i += 8)
        {
            Vector256<float> g = Vector256.Load(gradient + i) * Vector256.Load(weight + i);
            ((g - Vector256.Create(mean) - (Vector256.Load(normalized + i) * slope)) * inverse).Store(dz + i);
        }

        for (; i < width; i++) dz[i] = ((gradient[i] * weight[i]) - mean - (normalized[i] * slope)) * inverse;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* row, int width)
    {
        Vector256<float> a = default, b = default;
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            a += Vector256.Load(row + i);
            b += Vector256.Load(row + i + 8);
        }

        float sum = Vector256.Sum(a + b);
        for (; i < width; i++) sum += row[i];
        return sum;
    }
}
