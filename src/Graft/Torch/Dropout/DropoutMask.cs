using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Torch.Dropout;

/// <summary>
/// The mask generator: 16 random bits an element from a counter-based mix. A row's stream is keyed by 64 bits; word c of it (32 bits,
/// elements 2c and 2c + 1, low half first) is two rounds of a 32-bit multiply-xorshift mix of the key's halves and c. Every step exists
/// on vectors of any width, so the bits are the same on every machine.
/// </summary>
internal readonly struct DropoutMask
{
    private const uint Golden = 0x9E3779B9, First = 0x85EBCA6B, Second = 0xC2B2AE35, Third = 0x2C1B3C6D;

    private DropoutMask(double probability)
    {
        Threshold = (ushort)Math.Clamp(Math.Round(probability * 65536), 0, 65535);
        Scale = 65536f / (65536 - Threshold);
    }

    /// <summary>Elements whose 16 bits are below it are dropped.</summary>
    public ushort Threshold { get; }

    /// <summary>What kept elements are multiplied by: the inverse of the exact share that is kept.</summary>
    public float Scale { get; }

    /// <summary>The mask of a probability in [0, 1), rounded to a multiple of 2⁻¹⁶.</summary>
    public static DropoutMask Of(double probability) => new(probability);

    /// <summary>The stream of a row at a site; attention adds the head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Stream(ulong rowKey, int site, int head = 0) =>
        CounterRandom.Mix(rowKey ^ (((ulong)(uint)site << 32) | (uint)head) * 0x9E3779B97F4A7C15);

    /// <summary>32 random bits: elements 2·<paramref name="counter"/> (low half) and the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Word(ulong stream, uint counter)
    {
        uint x = (uint)stream + (counter * Golden);
        x = (x ^ (x >> 16)) * First;
        x = (x ^ (x >> 13)) * Second;
        x = (x ^ (x >> 16)) + (uint)(stream >> 32);
        x = (x ^ (x >> 15)) * Third;
        return x ^ (x >> 16);
    }

    /// <summary>Words of eight counters from <paramref name="counter"/> on: elements 2·counter … 2·counter + 15 in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Words(ulong stream, uint counter)
    {
        Vector256<uint> counters = Vector256.Create(counter) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7);
        Vector256<uint> x = Vector256.Create((uint)stream) + (counters * Golden);
        x = (x ^ (x >> 16)) * First;
        x = (x ^ (x >> 13)) * Second;
        x = (x ^ (x >> 16)) + Vector256.Create((uint)(stream >> 32));
        x = (x ^ (x >> 15)) * Third;
        return x ^ (x >> 16);
    }

    /// <summary>
    /// The factors (0 or <see cref="Scale"/>) of elements <paramref name="element"/> … + 15; the element is a multiple of 16.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector256<float> Low, Vector256<float> High) Factors(ulong stream, int element)
    {
        Vector256<ushort> bits = Words(stream, (uint)element / 2).AsUInt16();
        Vector256<short> kept = Vector256.GreaterThanOrEqual(bits, Vector256.Create(Threshold)).AsInt16();
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(kept);
        Vector256<float> scale = Vector256.Create(Scale);
        return (low.AsSingle() & scale, high.AsSingle() & scale);
    }

    /// <summary>The factor (0 or <see cref="Scale"/>) of one element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Factor(ulong stream, int element)
    {
        uint word = Word(stream, (uint)element / 2);
        ushort bits = (ushort)((element & 1) == 0 ? word : word >> 16);
        return bits >= Threshold ? Scale : 0;
    }

    /// <summary>Writes the factors of elements 0 … of a stream.</summary>
    public void Fill(ulong stream, Span<float> factors)
    {
        int i = 0;
        for (; i + 16 <= factors.Length; i += 16)
        {
            (Vector256<float> low, Vector256<float> high) = Factors(stream, i);
            low.CopyTo(factors[i..]);
            high.CopyTo(factors[(i + 8)..]);
        }

        for (; i < factors.Length; i++) factors[i] = Factor(stream, i);
    }
}
