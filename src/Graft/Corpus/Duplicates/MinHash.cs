using System.Numerics;
using System.Runtime.InteropServices;

namespace Graft.Corpus.Duplicates;

/// <summary>
/// A document's sketch (Broder 1997; one permutation as Li, Owen, Zhang 2012): the sequences of five words are hashed once, each falls into
/// one of 64 bins, and every bin keeps its smallest. Two documents agree in a bin with the probability of their Jaccard similarity. Eight
/// bands of eight bins find candidates (half of the pairs at similarity 0.78, 99 % at 0.9); the stored sketches decide.
/// </summary>
internal static class MinHash
{
    public const int Bins = 64, Bands = 8, BinsPerBand = Bins / Bands, ShingleWords = 5;

    /// <summary>Computes the sketch: a byte of each bin's minimum.</summary>
    /// <param name="words">The document's word hashes.</param>
    /// <param name="sketch">64 bytes.</param>
    /// <param name="bandKeys">8 keys; equal keys make a candidate.</param>
    public static void Compute(List<ulong> words, Span<byte> sketch, Span<ulong> bandKeys)
    {
        Span<ulong> minima = stackalloc ulong[Bins];
        minima.Fill(ulong.MaxValue);
        ReadOnlySpan<ulong> all = CollectionsMarshal.AsSpan(words);
        int shingles = Math.Max(1, all.Length - ShingleWords + 1);
        for (int i = 0; i < shingles; i++)
        {
            ulong hash = Shingle(all[i..Math.Min(all.Length, i + ShingleWords)]);
            ref ulong minimum = ref minima[(int)(hash >> 58)];
            minimum = Math.Min(minimum, hash & (ulong.MaxValue >> 6));
        }

        Densify(minima);
        for (int bin = 0; bin < Bins; bin++) sketch[bin] = (byte)CounterRandom.Mix(minima[bin]);
        for (int band = 0; band < Bands; band++)
        {
            ulong key = CounterRandom.Mix((ulong)band + 1);
            for (int bin = 0; bin < BinsPerBand; bin++) key = CounterRandom.Mix(key ^ minima[(band * BinsPerBand) + bin]);
            bandKeys[band] = key;
        }
    }

    /// <summary>The estimated similarity; bytes that agree by chance are taken out.</summary>
    public static double Similarity(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int equal = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            if (first[bin] == second[bin]) equal++;
        }

        return Math.Max(0, ((equal / (double)Bins) - (1 / 256.0)) / (1 - (1 / 256.0)));
    }

    // Words are well mixed already: rotations keep their order, one mix spreads it.
    private static ulong Shingle(ReadOnlySpan<ulong> words)
    {
        ulong hash = 0;
        foreach (ulong word in words) hash = BitOperations.RotateLeft(hash, 13) ^ word;
        return CounterRandom.Mix(hash);
    }

    /// <summary>An empty bin borrows from a filled one that its number leads to, the same for every document (Shrivastava 2017).</summary>
    private static void Densify(Span<ulong> minima)
    {
        Span<bool> filled = stackalloc bool[Bins];
        for (int bin = 0; bin < Bins; bin++) filled[bin] = minima[bin] != ulong.MaxValue;
        for (int bin = 0; bin < Bins; bin++)
        {
            for (ulong attempt = 0; minima[bin] == ulong.MaxValue; attempt++)
            {
                int other = (int)(CounterRandom.Key((ulong)bin, attempt) % Bins);
                if (filled[other]) minima[bin] = CounterRandom.Mix(minima[other] + attempt);
            }
        }
    }
}
