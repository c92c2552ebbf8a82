using CsCheck;
using Graft.Tasks.Contrastive;
using Graft.Tuning;

namespace Graft.Tests.Tasks;

public sealed class PairSamplerTests
{
    private static readonly Gen<int[][]> s_labels = Gen.Int[0, 3].Array[0, 2].Select(own => own.Distinct().ToArray()).Array[2, 24];

    [Theory]
    [InlineData(PairSampling.Oversampling)]
    [InlineData(PairSampling.Undersampling)]
    [InlineData(PairSampling.Unique)]
    public void APairIsEqualWhereItsTextsShareALabelAndNeverATextWithItself(PairSampling sampling) =>
        s_labels.Sample(labels =>
        {
            foreach (TextPair pair in new PairSampler(labels, 7).Draw(new ContrastiveTuning { Sampling = sampling, Rounds = 3 }))
            {
                Assert.NotEqual(pair.First, pair.Second);
                bool share =
                    labels[pair.First].Intersect(labels[pair.Second]).Any()
                    || (labels[pair.First].Length == 0 && labels[pair.Second].Length == 0);
                Assert.Equal(share, pair.AreEqual);
            }
        });

    [Fact]
    public void OversamplingGivesEveryTextOnePairOfEachKindARound()
    {
        TextPair[] pairs = new PairSampler(Classes(6, 6), 1).Draw(new ContrastiveTuning { Rounds = 5 });
        Assert.Equal(2 * 5 * 12, pairs.Length);
        for (int text = 0; text < 12; text++)
        {
            Assert.Equal(5, pairs.Count(pair => pair.First == text && pair.AreEqual));
            Assert.Equal(5, pairs.Count(pair => pair.First == text && !pair.AreEqual));
        }
    }

    [Fact]
    public void UndersamplingIsBalancedAndUniqueIsEverything()
    {
        TextPair[] balanced = new PairSampler(Classes(2, 8), 1).Draw(new ContrastiveTuning { Sampling = PairSampling.Undersampling });
        Assert.Equal(16, balanced.Count(pair => !pair.AreEqual)); // 2 · 8 unequal pairs are fewer than the equal ones
        Assert.Equal(16, balanced.Count(pair => pair.AreEqual));
        TextPair[] every = new PairSampler(Classes(2, 8), 1).Draw(new ContrastiveTuning { Sampling = PairSampling.Unique });
        Assert.Equal(45, every.Length);
        foreach (TextPair[] pairs in new[] { balanced, every })
            Assert.Equal(
                pairs.Length,
                pairs.Select(pair => (Math.Min(pair.First, pair.Second), Math.Max(pair.First, pair.Second))).Distinct().Count()
            );
    }

    [Theory]
    [InlineData(PairSampling.Oversampling)]
    [InlineData(PairSampling.Undersampling)]
    [InlineData(PairSampling.Unique)]
    public void ManyTextsKeepWithinTheCap(PairSampling sampling)
    {
        int[][] labels = [.. Enumerable.Range(0, 4_000).Select(i => new[] { i % 77 })];
        TextPair[] pairs = new PairSampler(labels, 1).Draw(new ContrastiveTuning { Sampling = sampling, MaxPairs = 10_000 });
        Assert.InRange(pairs.Length, 5_000, 10_000);
        Assert.All(pairs, pair => Assert.Equal(labels[pair.First][0] == labels[pair.Second][0], pair.AreEqual));
    }

    [Fact]
    public void TheSameSeedDrawsTheSamePairs()
    {
        Assert.Equal(Draw(3), Draw(3));
        Assert.NotEqual(Draw(3), Draw(4));

        static TextPair[] Draw(ulong seed) => new PairSampler(Classes(8, 8), seed).Draw(new ContrastiveTuning());
    }

    private static int[][] Classes(params int[] counts) =>
        [.. counts.SelectMany((count, label) => Enumerable.Repeat(new[] { label }, count))];
}
