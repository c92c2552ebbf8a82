using Graft.Auto;
using Graft.Evaluation;

namespace Graft.Tests.Tasks;

/// <summary>The rule of choice on made standings, and what it says of the score to expect.</summary>
public sealed class ChoiceTests
{
    private readonly Choice _choice = new(inflation: 1);

    [Fact]
    public void TheDefaultStaysWhereNothingIsCertain()
    {
        Standing usual = new("usual", 10, [1, 0, 1, 0, 1, 0, 1, 0]), lucky = new("lucky", 10, [1, 1, 1, 0, 1, 0, 1, 0]);
        Assert.Equal("usual", _choice.Winner([usual, lucky], "usual").Name);
        Assert.Equal("lucky", _choice.Winner([usual, lucky], "lucky").Name);
    }

    [Fact]
    public void WhatIsCertainlyBetterTakesItsPlace()
    {
        Standing usual = new("usual", 10, Repeat(100, 0.6)), better = new("better", 20, Repeat(100, 0.8));
        Assert.Equal("better", _choice.Winner([usual, better], "usual").Name);
        Assert.True(_choice.IsClearlyWorse(usual, better));
        Assert.False(_choice.IsClearlyWorse(better, usual));
    }

    [Fact]
    public void ACheaperOneWinsWhereItIsHardlyWorse()
    {
        double[] units = Repeat(2_000, 0.8), worse = [.. units];
        worse[1] = 0;
        Standing usual = new("usual", 10, units);
        Assert.Equal("cheap", _choice.Winner([usual, new("cheap", 1, worse)], "usual").Name);
        Assert.Equal("usual", _choice.Winner([usual, new("dear", 100, worse)], "usual").Name);
        Assert.Equal("usual", _choice.Winner([usual, new("cheap", 1, Repeat(2_000, 0.7))], "usual").Name);
    }

    [Fact]
    public void WhatWasNotTriedEverywhereIsComparedWhereItWas()
    {
        Standing part = new("part", 10, [1, 1, double.NaN, double.NaN]), whole = new("whole", 10, [0, 1, 0, 0]);
        Assert.Equal(0.5, _choice.Difference(part, whole).Value, 12);
        Assert.Equal(1, part.Mean);
    }

    [Fact]
    public void TheEstimateIsFreeOfTheWinnersLuck()
    {
        // Twenty ways that all guess with even odds: the best of them looks good on its folds, and half is what to expect of it.
        List<double> own = [], estimated = [];
        for (ulong seed = 0; seed < 20; seed++)
        {
            CounterRandom random = new(CounterRandom.Key(9, seed));
            Standing[] guesses =
            [
                .. Enumerable
                    .Range(0, 20)
                    .Select(i => new Standing($"way {i}", 10, [.. Enumerable.Range(0, 40).Select(_ => (double)random.NextInt(2))])),
            ];
            Standing best = guesses.MaxBy(guess => guess.Mean)!;
            own.Add(best.Mean);
            ScoreInterval estimate = _choice.Estimate(guesses, best, best.Name == "way 0" ? "way 1" : "way 0", seed);
            estimated.Add(estimate.Value);
            Assert.InRange(estimate.Value, estimate.Low, estimate.High);
        }

        Assert.True(own.Average() > 0.6, $"the best guess has {own.Average()}");
        Assert.InRange(estimated.Average(), 0.44, 0.56);
    }

    [Fact]
    public void FewUnitsSayLittle()
    {
        Standing winner = new("winner", 10, [0.8, 0.9]);
        ScoreInterval estimate = _choice.Estimate([winner], winner, "winner", 1);
        Assert.Equal(0.85, estimate.Value, 6);
        Assert.True(estimate.High - estimate.Low > 0.1);
    }

    private static double[] Repeat(int count, double share) => [.. Enumerable.Range(0, count).Select(i => i % 10 < 10 * share ? 1.0 : 0.0)];
}
