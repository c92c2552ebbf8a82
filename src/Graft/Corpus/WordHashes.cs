namespace Graft.Corpus;

/// <summary>
/// A text as the hashes of its words (runs of letters and digits, case ignored): what duplicates, repetition and overlap with evaluation
/// text are found by. An ideograph is a word of its own.
/// </summary>
internal static class WordHashes
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>Appends the hashes in order.</summary>
    public static void Compute(ReadOnlySpan<char> text, List<ulong> hashes)
    {
        ulong hash = 0;
        foreach (char c in text)
        {
            uint folded = c < 128 ? Ascii(c) : char.IsLetterOrDigit(c) || char.IsSurrogate(c) ? char.ToLowerInvariant(c) : 0u;
            if (folded == 0)
            {
                if (hash != 0) hashes.Add(CounterRandom.Mix(hash));
                hash = 0;
                continue;
            }

            if (folded is >= 0x3040 and < 0xA000)
            {
                if (hash != 0) hashes.Add(CounterRandom.Mix(hash));
                hashes.Add(CounterRandom.Mix(folded));
                hash = 0;
                continue;
            }

            hash = (hash + folded) * Multiplier;
        }

        if (hash != 0) hashes.Add(CounterRandom.Mix(hash));
    }

    /// <summary>The hash of <paramref name="words"/> in their order.</summary>
    public static ulong Combine(ReadOnlySpan<ulong> words)
    {
        ulong hash = (ulong)words.Length;
        foreach (ulong word in words) hash = CounterRandom.Mix((hash * Multiplier) ^ word);
        return hash;
    }

    /// <summary>The small letter or digit; 0 for anything else.</summary>
    private static uint Ascii(char c)
    {
        uint lower = (uint)(c | 0x20);
        if (lower - 'a' < 26) return lower;
        return (uint)(c - '0') < 10 ? c : 0u;
    }
}
