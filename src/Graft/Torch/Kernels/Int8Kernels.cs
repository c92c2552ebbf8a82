using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Torch.Kernels;

/// <summary>
/// Between fp32 rows and rows of bytes: x ≈ low + scale·q with q in 0 … 255, each row by its own range, so that no row depends on another.
/// </summary>
internal static unsafe class Int8Kernels
{
    private const float Steps = 255;

    /// <summary>How a row was rounded: x ≈ Low + Scale·q.</summary>
    /// <param name="Scale">The step; NaN where the row has a value that is not finite, so that its products are none either.</param>
    /// <param name="Low">The least value.</param>
    public readonly record struct Range(float Scale, float Low);

    /// <summary>Rounds a row to bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Range RoundRow(float* x, byte* q, int width)
    {
        Vector512<float> least = Vector512.Create(float.PositiveInfinity), most = -least, strange = default;
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            Vector512<float> value = Vector512.Load(x + i);
            least = Vector512.MinNative(least, value);
            most = Vector512.MaxNative(most, value);
            strange += value - value; // 0, or NaN of what is not finite
        }

        float low = Least(least), high = Most(most), odd = Vector512.Sum(strange);
        for (; i < width; i++)
        {
            (low, high) = (MathF.Min(low, x[i]), MathF.Max(high, x[i]));
            odd += x[i] - x[i];
        }

        return RoundRow(x, q, width, low, high, odd);
    }

    /// <summary>y = scale·product + low·sums + bias: the product of the rounded row in its own unit.</summary>
    /// <param name="product">Products of the row's bytes with the weight's, times the scale of each column.</param>
    /// <param name="range">How the row was rounded.</param>
    /// <param name="sums">The sum of each column of the weight, times its scale.</param>
    /// <param name="bias">Null for none.</param>
    /// <param name="y">May be the product.</param>
    /// <param name="width">The number of products in the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RescaleRow(float* product, Range range, float* sums, float* bias, float* y, int width)
    {
        Vector512<float> scale = Vector512.Create(range.Scale), low = Vector512.Create(range.Low);
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            Vector512<float> added = bias is null ? default : Vector512.Load(bias + i);
            Vector512
                .FusedMultiplyAdd(
                    Vector512.Load(product + i),
                    scale,
                    Vector512.FusedMultiplyAdd(Vector512.Load(sums + i), low, added)
                )
                .Store(y + i);
        }

        for (; i < width; i++) y[i] = Rescaled(product[i], range, sums[i], bias is null ? 0 : bias[i]);
    }

    /// <summary>
    /// The same, then an activation, then rounded to bytes for the next product; the activations stay in place of the product.
    /// </summary>
    public static Range ActivateRow(Activation activation, float* product, Range range, float* sums, float* bias, byte* q, int width) =>
        activation switch
        {
            Activation.GeluErf => ActivateRow<ShortGelu>(product, range, sums, bias, q, width),
            Activation.GeluTanh => ActivateRow<Halves<GeluTanh>>(product, range, sums, bias, q, width),
            Activation.Silu => ActivateRow<Halves<Silu>>(product, range, sums, bias, q, width),
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "no kernel"),
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Range ActivateRow<TFunction>(float* product, Range range, float* sums, float* bias, byte* q, int width)
        where TFunction : struct, IWide
    {
        Vector512<float> scale = Vector512.Create(range.Scale), lowest = Vector512.Create(range.Low);
        Vector512<float> least = Vector512.Create(float.PositiveInfinity), most = -least, strange = default;
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            Vector512<float> added = bias is null ? default : Vector512.Load(bias + i);
            Vector512<float> value = TFunction.Value(
                Vector512.FusedMultiplyAdd(
                    Vector512.Load(product + i),
                    scale,
                    Vector512.FusedMultiplyAdd(Vector512.Load(sums + i), lowest, added)
                )
            );
            value.Store(product + i);
            least = Vector512.MinNative(least, value);
            most = Vector512.MaxNative(most, value);
            strange += value - value;
        }

        float low = Least(least), high = Most(most), odd = Vector512.Sum(strange);
        for (; i < width; i++)
        {
            float rescaled = Rescaled(product[i], range, sums[i], bias is null ? 0 : bias[i]);
            float value = TFunction.Value(Vector512.Create(rescaled)).ToScalar();
            product[i] = value;
            (low, high) = (MathF.Min(low, value), MathF.Max(high, value));
            odd += value - value;
        }

        return RoundRow(product, q, width, low, high, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Range RoundRow(float* x, byte* q, int width, float low, float high, float odd)
    {
        float scale = (high - low) / Steps, inverse = scale > 0 ? Steps / (high - low) : 0;
        if (float.IsNaN(odd) || !float.IsFinite(inverse)) (scale, inverse) = (float.IsNaN(odd) ? float.NaN : 0, 0);
        Vector512<float> origin = Vector512.Create(low), factor = Vector512.Create(inverse), half = Vector512.Create(0.5f);
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            Vector512<int> steps = Vector512.ConvertToInt32Native(
                Vector512.FusedMultiplyAdd(Vector512.Load(x + i) - origin, factor, half) // cut off, so that halves go up
            );
            Bytes(steps).Store(q + i);
        }

        for (; i < width; i++) q[i] = inverse > 0 ? (byte)MathF.FusedMultiplyAdd(x[i] - low, inverse, 0.5f) : (byte)0;
        return new Range(scale, low);
    }

    private static float Rescaled(float product, Range range, float sum, float bias) =>
        MathF.FusedMultiplyAdd(product, range.Scale, MathF.FusedMultiplyAdd(sum, range.Low, bias));

    /// <summary>The low byte of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector512<int> steps)
    {
        if (Avx512F.IsSupported) return Avx512F.ConvertToVector128Byte(steps);
        Vector256<short> shorts = Vector256.Narrow(steps.GetLower(), steps.GetUpper());
        return Vector128.Narrow(shorts.GetLower().AsUInt16(), shorts.GetUpper().AsUInt16());
    }

    private static float Least(Vector512<float> values)
    {
        Vector256<float> eight = Vector256.MinNative(values.GetLower(), values.GetUpper());
        Vector128<float> four = Vector128.MinNative(eight.GetLower(), eight.GetUpper());
        return MathF.Min(MathF.Min(four[0], four[1]), MathF.Min(four[2], four[3]));
    }

    private static float Most(Vector512<float> values)
    {
        Vector256<float> eight = Vector256.MaxNative(values.GetLower(), values.GetUpper());
        Vector128<float> four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>A function of sixteen values.</summary>
    private interface IWide
    {
        static abstract Vector512<float> Value(Vector512<float> x);
    }

    /// <summary>
    /// GELU to within 1e-4, less than the rounding that follows: x·(½ + t·p(t²)) with t = x held to ±4.2, p fitted so that the sum is 0 and
    /// 1 at the ends.
    /// </summary>
    private readonly struct ShortGelu : IWide
    {
        private const float End = 4.2f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x)
        {
            // the native pair gives back its second argument where the first is no number
            Vector512<float> t = Vector512.MinNative(Vector512.Create(End), Vector512.MaxNative(Vector512.Create(-End), x));
            Vector512<float> u = t * t;
            Vector512<float> p = Vector512.Create(8.54288608e-11f);
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-7.68255775e-09f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(3.03213494e-07f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-7.00951428e-06f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.000107783822f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-0.00119615472f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.0101145371f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-0.0668440704f));
            p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.399194684f));
            return x * Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.5f));
        }
    }

    /// <summary>The kernel of eight values, twice.</summary>
    private readonly struct Halves<TFunction> : IWide
        where TFunction : struct, IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x) =>
            Vector512.Create(TFunction.Value(x.GetLower()), TFunction.Value(x.GetUpper()));
    }
}
