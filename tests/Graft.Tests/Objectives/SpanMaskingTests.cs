using Graft.Objectives;

namespace Graft.Tests.Objectives;

public sealed class SpanMaskingTests
{
    private static readonly MaskingVocabulary s_vocabulary = ToyVocabulary.Create();

    [Fact]
    public void LengthsAreGeometricWithMean380()
    {
        CounterRandom random = new(CounterRandom.Key(1));
        long[] counts = new long[11];
        const int draws = 200_000;
        for (int i = 0; i < draws; i++) counts[SpanMasking.DrawLength(new SpanMaskingOptions(), ref random)]++;
        double mean = counts.Select((count, length) => count * length).Sum() / (double)draws;
        Assert.InRange(mean, 3.75, 3.85);
        Assert.InRange(counts[1] / (double)draws, 0.2 / (1 - Math.Pow(0.8, 10)) - 0.005, 0.2 / (1 - Math.Pow(0.8, 10)) + 0.005);
    }

    [Fact]
    public void TheBudgetIsMetExactlyAndSpansStartAtWords()
    {
        CounterRandom random = new(CounterRandom.Key(2));
        SpanMaskingOptions options = new();
        for (int length = 3; length < 200; length++)
        {
            int[] ids = ToyVocabulary.Sequence(length, ref random);
            (MaskedSequence masked, MaskedSpan[] spans) = SpanMasking.Corrupt(ids, options, s_vocabulary, ref random);
            int text = ids.Count(id => !s_vocabulary.IsSpecial(id));
            Assert.Equal(SpanMasking.CountToMask(text, options), masked.Positions.Length);
            Assert.Equal(masked.Positions, spans.SelectMany(span => Enumerable.Range(span.Start, span.End - span.Start)));
            HashSet<int> starts = [.. s_vocabulary.Words(ids).Select(word => word.Start)];
            Assert.All(spans, span => Assert.Contains(span.Start, starts));
        }
    }

    [Fact]
    public void ASpanIsReplacedAsOne()
    {
        CounterRandom random = new(CounterRandom.Key(3));
        int spansSeen = 0, masks = 0, partly = 0;
        while (spansSeen < 200_000)
        {
            (MaskedSequence masked, MaskedSpan[] spans) = SpanMasking.Corrupt(
                ToyVocabulary.Sequence(128, ref random),
                new SpanMaskingOptions(),
                s_vocabulary,
                ref random
            );
            foreach (MaskedSpan span in spans)
            {
                int inside = masked.Ids[span.Start..span.End].Count(id => id == ToyVocabulary.Mask);
                // two random tokens that happen to be the mask: one in a million
                if (inside != span.End - span.Start && inside > 1) partly++;
                spansSeen++;
                if (inside == span.End - span.Start) masks++;
            }
        }

        Assert.True(partly <= 10, $"{partly} spans are [MASK] in part");
        Assert.InRange(100.0 * masks / spansSeen, 79.7, 80.3);
    }

    [Fact]
    public void BoundaryPairsSeeTheTokensAroundTheSpan()
    {
        int[] ids = [ToyVocabulary.Cls, 10, 11, 12, 13, 14, ToyVocabulary.Sep];
        Assert.Equal(
            [new SpanBoundaryPair(1, 4, 0, 11), new SpanBoundaryPair(1, 4, 1, 12)],
            SpanBoundary.Pairs(ids, [new MaskedSpan(2, 4)], s_vocabulary));
        Assert.Empty(SpanBoundary.Pairs(ids, [new MaskedSpan(1, 3)], s_vocabulary)); // no token of the text before it
        Assert.Empty(SpanBoundary.Pairs(ids, [new MaskedSpan(4, 6)], s_vocabulary)); // none behind it
        Assert.Single(SpanBoundary.Pairs(ids, [new MaskedSpan(2, 4)], s_vocabulary, places: 1));
    }

    [Fact]
    public void SpanCorruptionRoundTrips()
    {
        CounterRandom random = new(CounterRandom.Key(4));
        int[] sentinels = Enumerable.Range(0, 100).Select(i => 999 - i).ToArray();
        long spans = 0, noise = 0, tokens = 0;
        for (int length = 2; length < 300; length++)
        {
            int[] ids = Enumerable.Range(5, length).ToArray();
            (int[] input, int[] target) = SpanCorruption.Corrupt(ids, sentinels, 1, new SpanCorruptionOptions(), ref random);
            Assert.Equal(1, input[^1]);
            Assert.Equal(1, target[^1]);
            Dictionary<int, int[]> cutOut = [];
            for (int i = 0; i < target.Length - 1;)
            {
                int[] span = target.Skip(i + 1).TakeWhile(id => id < 900 && id != 1).ToArray();
                cutOut[target[i]] = span;
                i += 1 + span.Length;
            }

            Assert.Equal(ids, input[..^1].SelectMany(id => cutOut.TryGetValue(id, out int[]? span) ? span : [id]));
            spans += cutOut.Count - 1;
            noise += cutOut.Values.Sum(span => span.Length);
            tokens += length;
        }

        Assert.InRange(noise / (double)tokens, 0.145, 0.155);
        Assert.InRange(noise / (double)spans, 2.8, 3.2);
    }

    [Fact]
    public void ReplacedTokensThatAreRightCountAsOriginal()
    {
        (int[] ids, bool[] replaced) = ReplacedTokenDetection.Replace([5, 6, 7, 5, 8], [1, 4], [6, 9]);
        Assert.Equal([5, 6, 7, 5, 9], ids);
        Assert.Equal([false, false, false, false, true], replaced);
    }

    [Fact]
    public void SamplesFollowTheSoftmax()
    {
        CounterRandom random = new(CounterRandom.Key(5));
        float[] logits = [MathF.Log(1), MathF.Log(2), MathF.Log(5)];
        int[] counts = new int[3];
        for (int i = 0; i < 80_000; i++) counts[ReplacedTokenDetection.Sample(logits, ref random)]++;
        Assert.InRange(counts[0], 9_600, 10_400);
        Assert.InRange(counts[1], 19_500, 20_500);
    }

    [Fact]
    public void CausalTargetsAreTheNextTokens()
    {
        MaskedSequence causal = CausalLm.Targets([7, 8, 9]);
        Assert.Equal([0, 1], causal.Positions);
        Assert.Equal([8, 9], causal.Targets);
    }
}
