namespace Graft.Objectives;

/// <summary>
/// Sentence-order prediction (Lan et al. 2019, §3.1): two consecutive segments of one document, swapped half of the time. A chunk of a
/// single sentence is halved.
/// <code>document a b c d  →  (a | b c d, in order 0)   or   (b c d | a, swapped 1)</code>
/// </summary>
internal static class SentenceOrder
{
    /// <summary>All pairs of one document; a pure function of its arguments.</summary>
    /// <param name="store">The documents.</param>
    /// <param name="document">The document whose pairs are made.</param>
    /// <param name="maxLength">Tokens of a finished pair, its three specials included.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="shortProbability">Probability of a shorter target length.</param>
    public static IReadOnlyList<SegmentPair> Pairs(
        ISentenceStore store,
        long document,
        int maxLength,
        ref CounterRandom random,
        double shortProbability = NextSentence.PublishedShortProbability
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        List<SegmentPair> pairs = [];
        int target = SegmentPairs.DrawTargetLength(maxLength, shortProbability, ref random);
        for (int start = 0, end; start < store.Sentences(document); start = end)
        {
            end = SegmentPairs.ChunkEnd(store, document, start, target);
            (SentenceRange, SentenceRange)? cut = Cut(store, new SentenceRange(document, start, end - start), ref random);
            if (cut is not (SentenceRange first, SentenceRange second)) continue;
            bool swapped = random.NextDouble() < 0.5;
            pairs.Add(swapped ? new SegmentPair(second, first, 1) : new SegmentPair(first, second, 0));
        }

        return pairs;
    }

    private static (SentenceRange First, SentenceRange Second)? Cut(ISentenceStore store, SentenceRange chunk, ref CounterRandom random)
    {
        if (chunk.Count >= 2)
        {
            int first = 1 + random.NextInt(chunk.Count - 1);
            return (chunk with { Count = first }, chunk with { Start = chunk.Start + first, Count = chunk.Count - first });
        }

        // A single token cannot be two segments.
        if (store.Length(new SentenceReference(chunk.Document, chunk.Start)) < 2) return null;
        return (chunk with { Half = 1 }, chunk with { Half = 2 });
    }
}
