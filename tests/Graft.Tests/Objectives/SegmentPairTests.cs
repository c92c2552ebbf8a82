using Graft.Objectives;

namespace Graft.Tests.Objectives;

public sealed class SegmentPairTests
{
    [Fact]
    public void HalfOfTheNextSegmentsAreRandomAndNeverFromTheSameDocument()
    {
        ToyDocuments store = new(documents: 14_000, sentences: 60);
        CounterRandom random = new(CounterRandom.Key(1));
        long chunks = 0, isRandom = 0;
        for (long document = 0; document < store.Documents; document++)
        {
            foreach (SegmentPair pair in NextSentence.Pairs(store, document, 64, ref random, shortProbability: 0))
            {
                Assert.Equal(pair.Label == 1, pair.Second.Document != document);
                Assert.Equal(document, pair.First.Document);
                if (pair.Label == 0) Assert.Equal(pair.First.Start + pair.First.Count, pair.Second.Start);
                if (IsSingleSentence(store, pair)) continue; // always random
                chunks++;
                isRandom += pair.Label;
            }
        }

        Assert.True(chunks >= 100_000, $"{chunks} chunks");
        Assert.InRange(100.0 * isRandom / chunks, 49.5, 50.5);
    }

    [Fact]
    public void EverySentenceOfADocumentIsAFirstOrATrueNextOnce()
    {
        ToyDocuments store = new(documents: 50, sentences: 40);
        CounterRandom random = new(CounterRandom.Key(2));
        for (long document = 0; document < store.Documents; document++)
        {
            List<int> seen = [];
            foreach (SegmentPair pair in NextSentence.Pairs(store, document, 64, ref random))
            {
                seen.AddRange(Enumerable.Range(pair.First.Start, pair.First.Count));
                if (pair.Label == 0) seen.AddRange(Enumerable.Range(pair.Second.Start, pair.Second.Count));
            }

            Assert.Equal(Enumerable.Range(0, store.Sentences(document)), seen);
        }
    }

    [Fact]
    public void OrderIsSwappedHalfOfTheTime()
    {
        ToyDocuments store = new(documents: 1_500, sentences: 60);
        CounterRandom random = new(CounterRandom.Key(3));
        long pairs = 0, swapped = 0;
        for (long document = 0; document < store.Documents; document++)
        {
            foreach (SegmentPair pair in SentenceOrder.Pairs(store, document, 64, ref random))
            {
                (SentenceRange early, SentenceRange late) = pair.Label == 1 ? (pair.Second, pair.First) : (pair.First, pair.Second);
                if (early.Half == 0) Assert.Equal(early.Start + early.Count, late.Start);
                pairs++;
                swapped += pair.Label;
            }
        }

        Assert.InRange(100.0 * swapped / pairs, 49, 51);
    }

    [Fact]
    public void TruncationTakesFromTheLongerSideAtBothEnds()
    {
        CounterRandom random = new(CounterRandom.Key(4));
        int fronts = 0;
        for (int round = 0; round < 1_000; round++)
        {
            List<int> first = [.. Enumerable.Range(0, 30)], second = [.. Enumerable.Range(100, 10)];
            SegmentPairs.Truncate(first, second, 32, ref random);
            Assert.Equal(22, first.Count);
            Assert.Equal(10, second.Count);
            Assert.Equal(Enumerable.Range(first[0], 22), first);
            fronts += first[0];
        }

        Assert.InRange(fronts / 1_000.0, 3.7, 4.3); // half of 8
    }

    [Fact]
    public void ASingleDocumentIsRefused()
    {
        ToyDocuments store = new(documents: 1, sentences: 5);
        CounterRandom random = new(1);
        Assert.Throws<InputException>(() => NextSentence.Pairs(store, 0, 64, ref random));
    }

    [Fact]
    public void TheSameSeedGivesTheSamePairs()
    {
        ToyDocuments store = new(documents: 20, sentences: 60);
        CounterRandom first = new(CounterRandom.Key(5)), again = new(CounterRandom.Key(5));
        Assert.Equal(NextSentence.Pairs(store, 3, 128, ref first), NextSentence.Pairs(store, 3, 128, ref again));
        Assert.Equal(SentenceOrder.Pairs(store, 3, 128, ref first), SentenceOrder.Pairs(store, 3, 128, ref again));
    }

    /// <summary>With the full target length only the last sentence of a document is left alone.</summary>
    private static bool IsSingleSentence(ToyDocuments store, SegmentPair pair) =>
        pair.First.Start == store.Sentences(pair.First.Document) - 1;

    private sealed class ToyDocuments(int documents, int sentences) : ISentenceStore
    {
        public long Documents => documents;

        public int Sentences(long document) => sentences;

        public int Length(SentenceReference sentence) =>
            3 + (int)(CounterRandom.Key(9, (ulong)sentence.Document, (ulong)sentence.Sentence) % 6);

        public void Read(SentenceReference sentence, List<int> tokens)
        {
            for (int i = 0; i < Length(sentence); i++) tokens.Add(5 + i);
        }
    }
}
