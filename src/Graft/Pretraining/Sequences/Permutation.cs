using System.Numerics;

namespace Graft.Pretraining.Sequences;

/// <summary>
/// A pseudo-random order of 0 … n − 1 that needs no memory and is entered anywhere: four rounds of a Feistel network over the next power of
/// four, walked until the result is in range (Black and Rogaway 2002).
/// <code>new Permutation(5, key): 0 1 2 3 4 → 3 0 4 1 2, another order for another key</code>
/// </summary>
/// <param name="count">n, at least 1.</param>
/// <param name="key">Which order.</param>
internal readonly struct Permutation(long count, ulong key)
{
    private const int Rounds = 4;
    private readonly int _halfBits = Math.Max(1, (BitOperations.Log2((ulong)Math.Max(1, count - 1)) + 2) / 2);

    /// <summary>What stands at a place.</summary>
    public long this[long index]
    {
        get
        {
            ulong value = (ulong)index;
            do value = Encrypt(value);
            while (value >= (ulong)count);
            return (long)value;
        }
    }

    private ulong Encrypt(ulong value)
    {
        ulong mask = (1ul << _halfBits) - 1,
            left = value >> _halfBits,
            right = value & mask;
        for (ulong round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (CounterRandom.Mix(right ^ CounterRandom.Mix(key + round)) & mask));
        return (left << _halfBits) | right;
    }
}
