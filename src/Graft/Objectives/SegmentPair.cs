namespace Graft.Objectives;

/// <summary>Names a sentence of a corpus.</summary>
/// <param name="Document">The document's number in the corpus.</param>
/// <param name="Sentence">The sentence's number in the document.</param>
public readonly record struct SentenceReference(long Document, int Sentence);

/// <summary>The documents that pairs are drawn from, by their sentences.</summary>
internal interface ISentenceStore
{
    /// <summary>Number of documents.</summary>
    long Documents { get; }

    /// <summary>Number of sentences of a document, at least 1.</summary>
    int Sentences(long document);

    /// <summary>Number of tokens of a sentence, at least 1.</summary>
    int Length(SentenceReference sentence);

    /// <summary>Appends a sentence's tokens.</summary>
    void Read(SentenceReference sentence, List<int> tokens);
}

/// <summary>
/// Two segments by reference: sentences of one document for each side. Small, so that a corpus's pairs can be drawn, shuffled and replayed
/// without its tokens.
/// </summary>
/// <param name="First">The first segment.</param>
/// <param name="Second">The second segment.</param>
/// <param name="Label">What the pair's head predicts: next-sentence 0 = next, 1 = random; sentence order 0 = in order, 1 = swapped.</param>
internal readonly record struct SegmentPair(SentenceRange First, SentenceRange Second, int Label);

/// <summary>Sentences in a row, or a part of a single one.</summary>
/// <param name="Document">The document.</param>
/// <param name="Start">The first sentence.</param>
/// <param name="Count">How many.</param>
/// <param name="Half">0 for whole sentences; 1 or 2 for the first or second half of a single sentence.</param>
internal readonly record struct SentenceRange(long Document, int Start, int Count, int Half = 0)
{
    /// <summary>The segment's tokens.</summary>
    public List<int> Read(ISentenceStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        List<int> tokens = [];
        for (int i = 0; i < Count; i++) store.Read(new SentenceReference(Document, Start + i), tokens);
        int middle = (tokens.Count + 1) / 2;
        return Half switch { 1 => tokens[..middle], 2 => tokens[middle..], _ => tokens };
    }
}

/// <summary>What next-sentence prediction and sentence-order prediction share: chunks of a target length, and truncation.</summary>
internal static class SegmentPairs
{
    /// <summary>Specials of a pair: [CLS] A [SEP] B [SEP].</summary>
    public const int Specials = 3;

    /// <summary>
    /// A document's target length in tokens: the maximum, or with probability 0.1 something shorter, so that short inputs are seen too.
    /// </summary>
    internal static int DrawTargetLength(int maxLength, double shortProbability, ref CounterRandom random)
    {
        int most = maxLength - Specials;
        return random.NextDouble() < shortProbability ? 2 + random.NextInt(most - 1) : most;
    }

    /// <summary>
    /// The end of the chunk that starts at <paramref name="start"/>: the first sentence that reaches the target length is in it.
    /// </summary>
    internal static int ChunkEnd(ISentenceStore store, long document, int start, int targetLength)
    {
        int sentences = store.Sentences(document), length = 0, end = start;
        while (end < sentences && length < targetLength) length += store.Length(new SentenceReference(document, end++));
        return end;
    }

    /// <summary>
    /// Shortens the longer side, front or back at random, until both fit.
    /// <code>A = 5 tokens, B = 3 tokens, most = 6  →  A loses two tokens, each at its front or its back</code>
    /// </summary>
    /// <param name="first">A; shortened in place.</param>
    /// <param name="second">B; shortened in place; the one that gives way where both are equally long.</param>
    /// <param name="most">Tokens that may remain in all.</param>
    /// <param name="random">Where the draws come from.</param>
    public static void Truncate(List<int> first, List<int> second, int most, ref CounterRandom random)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        int firstFront = 0, secondFront = 0, firstLength = first.Count, secondLength = second.Count;
        while (firstLength + secondLength > most)
        {
            bool front = random.NextDouble() < 0.5;
            if (firstLength > secondLength)
            {
                firstLength--;
                if (front) firstFront++;
            }
            else
            {
                secondLength--;
                if (front) secondFront++;
            }
        }

        Keep(first, firstFront, firstLength);
        Keep(second, secondFront, secondLength);
    }

    private static void Keep(List<int> tokens, int start, int length)
    {
        tokens.RemoveRange(start + length, tokens.Count - start - length);
        tokens.RemoveRange(0, start);
    }
}
