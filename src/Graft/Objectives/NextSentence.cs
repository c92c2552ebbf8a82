namespace Graft.Objectives;

/// <summary>
/// Next-sentence prediction (Devlin et al. 2018, §3.1; <c>create_pretraining_data.py</c>). A document is read in chunks of about the target
/// length; a chunk is cut at a random sentence, and its second part is, half of the time, replaced by text of a different document.
/// Sentences that were replaced go back and start the next chunk. A chunk of one sentence has no true next and is always random.
/// <code>
/// document 0: a b c d   document 1: x y z
///   →  (a b | c d, next 0)   or   (a b | y z, random 1), and c d come again
/// </code>
/// </summary>
internal static class NextSentence
{
    /// <summary>The published probability of a shorter target length.</summary>
    public const double PublishedShortProbability = 0.1;

    /// <summary>All pairs of one document; a pure function of its arguments.</summary>
    /// <param name="store">The documents, at least two.</param>
    /// <param name="document">The document whose pairs are made.</param>
    /// <param name="maxLength">Tokens of a finished pair, its three specials included.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="shortProbability">Probability of a shorter target length.</param>
    /// <exception cref="InputException">There is only one document, so nothing could be random.</exception>
    public static IReadOnlyList<SegmentPair> Pairs(
        ISentenceStore store, long document, int maxLength, ref CounterRandom random, double shortProbability = PublishedShortProbability)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Documents < 2)
            throw new InputException("next-sentence prediction needs at least two documents (blank lines separate them in text files)");
        List<SegmentPair> pairs = [];
        int target = SegmentPairs.DrawTargetLength(maxLength, shortProbability, ref random);
        for (int start = 0; start < store.Sentences(document);)
        {
            int end = SegmentPairs.ChunkEnd(store, document, start, target), count = end - start;
            int firstCount = count >= 2 ? 1 + random.NextInt(count - 1) : 1;
            SentenceRange first = new(document, start, firstCount);
            if (count == 1 || random.NextDouble() < 0.5)
            {
                pairs.Add(new SegmentPair(first, RandomSegment(store, document, target - Length(store, first), ref random), 1));
                start += firstCount;
            }
            else
            {
                pairs.Add(new SegmentPair(first, new SentenceRange(document, start + firstCount, count - firstCount), 0));
                start = end;
            }
        }

        return pairs;
    }

    /// <summary>
    /// Sentences from a random place of another document, until they fill <paramref name="length"/> or the document ends.
    /// </summary>
    private static SentenceRange RandomSegment(ISentenceStore store, long document, int length, ref CounterRandom random)
    {
        long other = random.NextInt((int)Math.Min(int.MaxValue, store.Documents - 1));
        if (other >= document) other++;
        int start = random.NextInt(store.Sentences(other));
        int end = SegmentPairs.ChunkEnd(store, other, start, Math.Max(1, length));
        return new SentenceRange(other, start, end - start);
    }

    private static int Length(ISentenceStore store, SentenceRange range)
    {
        int length = 0;
        for (int i = 0; i < range.Count; i++) length += store.Length(new SentenceReference(range.Document, range.Start + i));
        return length;
    }
}
