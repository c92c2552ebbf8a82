using System.Runtime.CompilerServices;

namespace Graft;

/// <summary>
/// A counter-based generator: draw number n of a stream is a 64-bit mix of (key, n), so any stream can be replayed or entered anywhere
/// without state beyond two numbers. Keys are derived, not shared: <c>new CounterRandom(CounterRandom.Key(seed, step, microStep))</c>.
/// The mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014) applied twice. The same on every platform.
/// </summary>
/// <remarks>A mutable value: pass it by reference where draws must continue.</remarks>
/// <param name="key">The stream, see <see cref="Key"/>.</param>
/// <param name="position">The number of draws already made.</param>
internal struct CounterRandom(ulong key, ulong position = 0)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The stream this generator draws from.</summary>
    public readonly ulong StreamKey => key;

    /// <summary>The number of draws made so far.</summary>
    public ulong Position { get; private set; } = position;

    /// <summary>Derives a stream's key from a seed and any number of coordinates (step, micro-step, example …); order matters.</summary>
    public static ulong Key(ulong seed, params ReadOnlySpan<ulong> coordinates)
    {
        ulong key = Mix(seed + Golden);
        foreach (ulong coordinate in coordinates) key = Mix(key ^ Mix(coordinate + Golden));
        return key;
    }

    /// <summary>A bijective mix of 64 bits in which every input bit changes about half of the output bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>The next 64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextUInt64() => Mix(Mix(key + (Golden * ++Position)) ^ key);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1ul << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>), without bias (Lemire 2019).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong range = (ulong)bound;
        ulong high = Math.BigMul(NextUInt64(), range, out ulong low);
        if (low < range)
        {
            ulong threshold = (0 - range) % range;
            while (low < threshold) high = Math.BigMul(NextUInt64(), range, out low);
        }

        return (int)high;
    }

    /// <summary>Standard normal (Box–Muller; two draws a value).</summary>
    public double NextNormal() => Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble())) * Math.Cos(2.0 * Math.PI * NextDouble());

    /// <summary>Shuffles in place (Fisher–Yates); every permutation is equally likely.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
