using Graft.Objectives;

namespace Graft.Tests.Objectives;

public sealed class MaskedLmTests
{
    private static readonly MaskingVocabulary s_vocabulary = ToyVocabulary.Create();

    [Theory]
    [InlineData(2, 1)]
    [InlineData(8, 1)]
    [InlineData(10, 2)] // 1.5: halves round to even
    [InlineData(30, 4)] // 4.5 again
    [InlineData(128, 19)]
    [InlineData(512, 77)]
    public void ExactCountIsThePublishedFormula(int length, int expected)
    {
        MaskedLmOptions options = new();
        Assert.Equal(expected, MaskedLm.CountToMask(length, options));
        Assert.Equal(Math.Min(20, expected), MaskedLm.CountToMask(length, options with { MaxPredictions = 20 }));
    }

    [Fact]
    public void ExactCountChoosesThatManyAndKeepsEverythingElse()
    {
        CounterRandom random = new(CounterRandom.Key(1));
        for (int length = 3; length < 200; length++)
        {
            int[] ids = ToyVocabulary.Sequence(length, ref random);
            MaskedSequence masked = MaskedLm.Corrupt(ids, new MaskedLmOptions(), s_vocabulary, ref random);
            Assert.Equal(MaskedLm.CountToMask(length, new MaskedLmOptions()), masked.Positions.Length);
            Assert.Equal(masked.Positions.Order().Distinct(), masked.Positions);
            Assert.Equal(ids, Restore(masked));
            Assert.DoesNotContain(0, masked.Positions);
            Assert.DoesNotContain(length - 1, masked.Positions);
        }
    }

    [Fact]
    public void BernoulliMasks15PercentOfAMillionTokens()
    {
        CounterRandom random = new(CounterRandom.Key(2));
        MaskedLmOptions options = new() { Count = MaskCount.Bernoulli };
        long chosen = 0, maskable = 0;
        while (maskable < 1_000_000)
        {
            int[] ids = ToyVocabulary.Sequence(128, ref random);
            maskable += ids.Count(id => !s_vocabulary.IsSpecial(id));
            chosen += MaskedLm.Corrupt(ids, options, s_vocabulary, ref random).Positions.Length;
        }

        Assert.InRange(100.0 * chosen / maskable, 14.9, 15.1);
    }

    [Fact]
    public void ReplacementIs801010()
    {
        CounterRandom random = new(CounterRandom.Key(3));
        int choices = 0, mask = 0, kept = 0;
        while (choices < 300_000)
        {
            MaskedSequence masked = MaskedLm.Corrupt(
                ToyVocabulary.Sequence(128, ref random),
                new MaskedLmOptions(),
                s_vocabulary,
                ref random
            );
            for (int i = 0; i < masked.Positions.Length; i++, choices++)
            {
                if (masked.Ids[masked.Positions[i]] == ToyVocabulary.Mask) mask++;
                else if (masked.Ids[masked.Positions[i]] == masked.Targets[i]) kept++;
            }
        }

        // A random token is the original or the mask itself once in 1,000 each.
        Assert.InRange(100.0 * mask / choices, 79.7, 80.3);
        Assert.InRange(100.0 * kept / choices, 9.7, 10.3);
        Assert.InRange(100.0 * (choices - mask - kept) / choices, 9.7, 10.3);
    }

    [Fact]
    public void WholeWordsAreMaskedWholeWithinTheBudget()
    {
        CounterRandom random = new(CounterRandom.Key(4));
        MaskedLmOptions options = new() { Unit = MaskingUnit.WholeWord };
        for (int round = 0; round < 500; round++)
        {
            int[] ids = ToyVocabulary.Sequence(64, ref random);
            HashSet<int> chosen = [.. MaskedLm.Corrupt(ids, options, s_vocabulary, ref random).Positions];
            Assert.InRange(chosen.Count, 1, MaskedLm.CountToMask(64, options));
            foreach (Word word in s_vocabulary.Words(ids))
            {
                int inside = Enumerable.Range(word.Start, word.Length).Count(chosen.Contains);
                Assert.True(inside == 0 || inside == word.Length, $"word {word} is masked in part");
            }
        }
    }

    [Fact]
    public void NGramLengthsAreDrawnInProportionToOneOverN()
    {
        CounterRandom random = new(CounterRandom.Key(5));
        int[] counts = new int[4];
        for (int i = 0; i < 200_000; i++) counts[NGramMasking.DrawLength(3, ref random)]++;
        Assert.InRange(counts[1] / 200_000.0, 0.540, 0.551); // 6/11
        Assert.InRange(counts[2] / 200_000.0, 0.267, 0.278); // 3/11
        Assert.InRange(counts[3] / 200_000.0, 0.177, 0.187); // 2/11
    }

    [Fact]
    public void NGramsNeverPassTheBudget()
    {
        CounterRandom random = new(CounterRandom.Key(6));
        MaskedLmOptions options = new() { Unit = MaskingUnit.NGram };
        for (int length = 4; length < 150; length++)
        {
            MaskedSequence masked = MaskedLm.Corrupt(ToyVocabulary.Sequence(length, ref random), options, s_vocabulary, ref random);
            Assert.True(masked.Positions.Length <= MaskedLm.CountToMask(length, options));
            Assert.Equal(masked.Positions.Order().Distinct(), masked.Positions);
        }
    }

    [Fact]
    public void TheSameSeedMasksTheSame()
    {
        CounterRandom text = new(CounterRandom.Key(7));
        int[] ids = ToyVocabulary.Sequence(128, ref text);
        foreach (MaskingUnit unit in Enum.GetValues<MaskingUnit>())
        {
            MaskedLmOptions options = new() { Unit = unit };
            CounterRandom first = new(CounterRandom.Key(8)), again = new(CounterRandom.Key(8)), other = new(CounterRandom.Key(9));
            MaskedSequence masked = MaskedLm.Corrupt(ids, options, s_vocabulary, ref first);
            Assert.Equal(masked.Ids, MaskedLm.Corrupt(ids, options, s_vocabulary, ref again).Ids);
            Assert.NotEqual(masked.Positions, MaskedLm.Corrupt(ids, options, s_vocabulary, ref other).Positions);
        }
    }

    [Fact]
    public void DynamicMasksDifferAtEveryVisitAndStaticOnesCycle()
    {
        MaskedLmOptions dynamic = new(), fixedCopies = new() { StaticCopies = 10 };
        Assert.NotEqual(MaskedLm.StreamKey(1, 5, 0, dynamic), MaskedLm.StreamKey(1, 5, 10, dynamic));
        Assert.Equal(MaskedLm.StreamKey(1, 5, 3, fixedCopies), MaskedLm.StreamKey(1, 5, 13, fixedCopies));
        Assert.NotEqual(MaskedLm.StreamKey(1, 5, 3, fixedCopies), MaskedLm.StreamKey(1, 5, 4, fixedCopies));
    }

    [Fact]
    public void ImpossibleOptionsAreNamed()
    {
        Assert.Contains("mask-share is 1.5", Assert.Throws<InputException>(() => new MaskedLmOptions { Share = 1.5 }.Validate()).Message);
        Assert.Throws<InputException>(() => new MaskedLmOptions { Replacement = new MaskReplacement(0.9, 0.2) }.Validate());
    }

    private static int[] Restore(MaskedSequence masked)
    {
        int[] ids = [.. masked.Ids];
        for (int i = 0; i < masked.Positions.Length; i++) ids[masked.Positions[i]] = masked.Targets[i];
        return ids;
    }
}
