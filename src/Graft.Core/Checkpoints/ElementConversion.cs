using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Checkpoints;

/// <summary>
/// Turns stored numbers into the single-precision floats that every model computes in. Exact for all types of up to 24 significant bits;
/// doubles and wide integers are rounded to the nearest float. Bytes need no alignment.
/// </summary>
internal static class ElementConversion
{
    private static readonly float[] s_float8E4M3 = Float8Table(exponentBits: 4, mantissaBits: 3);
    private static readonly float[] s_float8E5M2 = Float8Table(exponentBits: 5, mantissaBits: 2);

    /// <summary>Converts all elements; <paramref name="bytes"/> holds exactly as many as <paramref name="destination"/> takes.</summary>
    public static void ToSingle(ElementType type, ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        if (bytes.Length / type.Size() != destination.Length)
            throw new ArgumentException("the numbers of elements differ", nameof(destination));
        switch (type)
        {
            case ElementType.F32: bytes.CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case ElementType.F16: HalfToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), destination); break;
            case ElementType.BF16: BrainFloatToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), destination); break;
            case ElementType.F64: Each<double>(bytes, destination, static value => (float)value); break;
            case ElementType.F8E4M3: Look(bytes, s_float8E4M3, destination); break;
            case ElementType.F8E5M2: Look(bytes, s_float8E5M2, destination); break;
            case ElementType.Bool: Each<byte>(bytes, destination, static value => value == 0 ? 0 : 1); break;
            case ElementType.U8: Each<byte>(bytes, destination, static value => value); break;
            case ElementType.I8: Each<sbyte>(bytes, destination, static value => value); break;
            case ElementType.I16: Each<short>(bytes, destination, static value => value); break;
            case ElementType.U16: Each<ushort>(bytes, destination, static value => value); break;
            case ElementType.I32: Each<int>(bytes, destination, static value => value); break;
            case ElementType.U32: Each<uint>(bytes, destination, static value => value); break;
            case ElementType.I64: Each<long>(bytes, destination, static value => value); break;
            case ElementType.U64: Each<ulong>(bytes, destination, static value => value); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type");
        }
    }

    /// <summary>Converts an integer or boolean type to 64-bit integers.</summary>
    public static void ToInt64(ElementType type, ReadOnlySpan<byte> bytes, Span<long> destination)
    {
        if (bytes.Length / type.Size() != destination.Length)
            throw new ArgumentException("the numbers of elements differ", nameof(destination));
        switch (type)
        {
            case ElementType.I64: bytes.CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case ElementType.Bool: Each<byte, long>(bytes, destination, static value => value == 0 ? 0 : 1); break;
            case ElementType.U8: Each<byte, long>(bytes, destination, static value => value); break;
            case ElementType.I8: Each<sbyte, long>(bytes, destination, static value => value); break;
            case ElementType.I16: Each<short, long>(bytes, destination, static value => value); break;
            case ElementType.U16: Each<ushort, long>(bytes, destination, static value => value); break;
            case ElementType.I32: Each<int, long>(bytes, destination, static value => value); break;
            case ElementType.U32: Each<uint, long>(bytes, destination, static value => value); break;
            default: throw new InvalidOperationException($"{type} does not convert to 64-bit integers");
        }
    }

    /// <summary>bfloat16 is the upper half of a float.</summary>
    private static void BrainFloatToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(source.Slice(i, Vector256<ushort>.Count)));
                (low << 16).CopyTo(bits[i..]);
                (high << 16).CopyTo(bits[(i + Vector256<uint>.Count)..]);
            }
        }

        for (; i < source.Length; i++) bits[i] = (uint)source[i] << 16;
    }

    private static void HalfToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(source.Slice(i, Vector256<ushort>.Count)));
                HalfToSingle(low).CopyTo(destination[i..]);
                HalfToSingle(high).CopyTo(destination[(i + Vector256<float>.Count)..]);
            }
        }

        for (; i < source.Length; i++) destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
    }

    /// <summary>
    /// Shifts exponent and mantissa to their places in a float, then multiplies by 2^112 to correct the exponent's bias. The product is
    /// exact and brings subnormal halves to normal floats; infinities and NaNs (exponent 31) get the float's largest exponent afterwards.
    /// </summary>
    private static Vector256<float> HalfToSingle(Vector256<uint> half)
    {
        Vector256<uint> sign = (half & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> magnitude = (half & Vector256.Create(0x7FFFu)) << 13;
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u << 13)) & Vector256.Create(0x7F80_0000u);
        Vector256<float> rescaled = magnitude.AsSingle() * BitConverter.UInt32BitsToSingle((112 + 127) << 23);
        return (rescaled.AsUInt32() | special | sign).AsSingle();
    }

    private static void Look(ReadOnlySpan<byte> source, float[] table, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] = table[source[i]];
    }

    private static void Each<TSource>(ReadOnlySpan<byte> bytes, Span<float> destination, Func<TSource, float> convert)
        where TSource : unmanaged => Each<TSource, float>(bytes, destination, convert);

    private static void Each<TSource, TResult>(ReadOnlySpan<byte> bytes, Span<TResult> destination, Func<TSource, TResult> convert)
        where TSource : unmanaged
    {
        ReadOnlySpan<TSource> source = MemoryMarshal.Cast<byte, TSource>(bytes);
        for (int i = 0; i < destination.Length; i++) destination[i] = convert(source[i]);
    }

    /// <summary>
    /// The values of all 256 bytes. E5M2 has IEEE infinities and NaNs; E4M3 has no infinity and one NaN of each sign (all ones).
    /// </summary>
    private static float[] Float8Table(int exponentBits, int mantissaBits)
    {
        int bias = (1 << (exponentBits - 1)) - 1, largestExponent = (1 << exponentBits) - 1, mantissas = 1 << mantissaBits;
        bool hasInfinity = exponentBits == 5;
        float[] table = new float[256];
        for (int code = 0; code < 256; code++)
        {
            int exponent = (code >> mantissaBits) & largestExponent, mantissa = code & (mantissas - 1);
            float magnitude = exponent switch
            {
                0 => MathF.ScaleB((float)mantissa / mantissas, 1 - bias),
                _ when exponent == largestExponent && hasInfinity => mantissa == 0 ? float.PositiveInfinity : float.NaN,
                _ when exponent == largestExponent && mantissa == mantissas - 1 => float.NaN,
                _ => MathF.ScaleB(1 + ((float)mantissa / mantissas), exponent - bias),
            };
            table[code] = code >= 128 ? -magnitude : magnitude;
        }

        return table;
    }
}
