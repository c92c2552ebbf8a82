using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class StatisticsGoldenTests
{
    [Fact]
    public void McNemarEqualsScipy()
    {
        foreach (JsonElement example in Kind("mcnemar"))
        {
            McNemar test = McNemar.Test(
                example.GetProperty("only_first_right").GetInt64(),
                example.GetProperty("only_second_right").GetInt64()
            );
            Golden.Equal(example.Expected("exact_p"), test.ExactP, "exact");
            Golden.Equal(example.Expected("mid_p"), test.MidP, "mid");
            Golden.Equal(example.Expected("chi2_corrected"), test.ChiSquare, "χ²");
            Golden.Equal(example.Expected("chi2_corrected_p"), test.ChiSquareP, "χ² p");
        }
    }

    [Fact]
    public void ProportionIntervalsEqualScipy()
    {
        foreach (JsonElement example in Kind("proportion"))
        {
            (long successes, long trials, double level) = (
                example.GetProperty("successes").GetInt64(),
                example.GetProperty("n").GetInt64(),
                example.GetProperty("level").GetDouble()
            );
            ScoreInterval wilson = ProportionInterval.Wilson(successes, trials, level),
                exact = ProportionInterval.ClopperPearson(successes, trials, level);
            Golden.Equal(example.Expected("wilson"), [wilson.Low, wilson.High], $"Wilson {successes}/{trials}");
            Golden.Equal(example.Expected("clopper_pearson"), [exact.Low, exact.High], $"Clopper-Pearson {successes}/{trials}");
        }
    }

    [Fact]
    public void BootstrapEqualsNumpyOnGivenResamples()
    {
        foreach (JsonElement example in Kind("bootstrap"))
        {
            double[] values = example.Doubles("values"), a = example.Doubles("a_right"), b = example.Doubles("b_right");
            int[][] resamples = example.Matrix("resample_indices").Select(row => row.Select(value => (int)value).ToArray()).ToArray();
            double[] means = resamples.Select(positions => Bootstrap.MeanAt(values, positions)).ToArray();
            Golden.Equal(example.Expected("means"), means, "means");
            ScoreInterval interval = Bootstrap.PercentileInterval(Summary.Mean(values), means);
            Golden.Equal(example.Expected("mean_interval_95"), [interval.Low, interval.High], "interval");
            double[] differences = resamples.Select(positions => Bootstrap.MeanAt(a, positions) - Bootstrap.MeanAt(b, positions)).ToArray();
            PairedComparison comparison = Bootstrap.Compare(Summary.Mean(a) - Summary.Mean(b), differences);
            Golden.Equal(example.Expected("difference"), comparison.Difference.Value, "difference");
            Golden.Equal(
                example.Expected("difference_interval_95"),
                [comparison.Difference.Low, comparison.Difference.High],
                "difference interval"
            );
            Golden.Equal(example.Expected("share_of_resamples_with_difference_at_most_0"), comparison.ShareAtMostZero, "share");
            Golden.Equal(example.Expected("p_two_sided"), comparison.P, "p");
        }
    }

    [Fact]
    public void SeedsEqualScipy()
    {
        foreach (JsonElement example in Kind("seeds"))
        {
            double[] x = example.Doubles("x"), y = example.Doubles("y");
            Golden.Equal(example.Expected("mean"), Summary.Mean(x), "mean");
            Golden.Equal(example.Expected("std_ddof1"), Summary.StandardDeviation(x), "deviation");
            Golden.Equal(example.Expected("median"), Summary.Median(x), "median");
            ScoreInterval interval = StudentT.Interval(x);
            Golden.Equal(example.Expected("t_interval_95"), [interval.Low, interval.High], "t interval");
            TTest paired = StudentT.Paired(x, y), welch = StudentT.Welch(x, y);
            Golden.Equal(example.Expected("paired_t"), paired.T, "paired t");
            Golden.Equal(example.Expected("paired_p"), paired.P, "paired p");
            Golden.Equal(example.Expected("welch_t"), welch.T, "Welch t");
            Golden.Equal(example.Expected("welch_df"), welch.DegreesOfFreedom, "Welch degrees");
            Golden.Equal(example.Expected("welch_p"), welch.P, "Welch p");
        }
    }

    [Fact]
    public void PercentilesEqualNumpy()
    {
        foreach (JsonElement example in Kind("percentile"))
        {
            double[] values = example.Doubles("values");
            Golden.Equal(
                example.GetProperty("expected"),
                example.Doubles("q").Select(q => Summary.Percentile(values, q)).ToArray(),
                "percentile"
            );
        }
    }

    [Fact]
    public void LanguageModelScoresEqualNumpy()
    {
        foreach (JsonElement example in Golden.Cases("language-model.json"))
        {
            double[] losses = example.Doubles("token_nll_nats");
            int[] mask = example.Ints("mask");
            LanguageModelScores scores = LanguageModelScores.Of(
                losses.Where((_, i) => mask[i] == 1).Sum(),
                mask.Count(value => value == 1),
                example.GetProperty("utf8_bytes").GetInt64()
            );
            Golden.Equal(example.Expected("loss"), scores.Loss, example.Name());
            Golden.Equal(example.Expected("perplexity"), scores.Perplexity, example.Name());
            Golden.Equal(example.Expected("bits_per_token"), scores.BitsPerToken, example.Name());
            Golden.Equal(example.Expected("bits_per_byte"), scores.BitsPerByte, example.Name());
        }
    }

    [Fact]
    public void BootstrapIntervalsCoverTheTruthAsOftenAsTheySay()
    {
        CounterRandom random = new(CounterRandom.Key(3));
        int covered = 0;
        for (int trial = 0; trial < 200; trial++)
        {
            double[] sample = new double[80];
            for (int i = 0; i < sample.Length; i++) sample[i] = random.NextNormal();
            ScoreInterval interval = Bootstrap.Mean(sample, seed: (ulong)trial, resamples: 300);
            covered += interval.Low <= 0 && interval.High >= 0 ? 1 : 0;
        }

        Assert.InRange(covered, 180, 198);
    }

    private static IReadOnlyList<JsonElement> Kind(string name) => Golden.Cases("statistics.json", example => example.Name() == name);
}
