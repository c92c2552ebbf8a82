using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class BaselineTests
{
    [Fact]
    public void TheMajorityClassIsTheMostFrequent() => Assert.Equal(1, MajorityClass.Of([0, 1, 2, 1, 0, 2, 1]));

    [Fact]
    public void NaiveBayesFollowsItsFormula()
    {
        NaiveBayes bayes = new([("good film", null), ("bad film", null), ("good good", null)], [1, 0, 1], 2);
        Assert.Equal(1, bayes.Predict("good"));
        Assert.Equal(0, bayes.Predict("bad"));
        Assert.Equal(1, bayes.Predict("unseen words decide nothing: the prior does"));
    }

    [Fact]
    public void NaiveBayesReachesItsKnownScoreOnPolarity()
    {
        double accuracy = AccuracyOn("polarity", out double majority);
        Assert.Equal(805.0 / 1066, accuracy, 12); // counted by an independent program
        Assert.Equal(0.5, majority, 1);
    }

    [Fact]
    public void RidgeFindsTheOverlapOfPairs()
    {
        LabelledTextFile train = LabelledTextReader.Read(TestData.Shared("tasks", "stsb", "train.tsv"));
        LabelledTextFile test = LabelledTextReader.Read(TestData.Shared("tasks", "stsb", "test.tsv"));
        RidgeBaseline ridge = new(
            train.Rows.Select(row => (row.Text, row.Pair)).ToArray(),
            train.Rows.Select(row => double.Parse(row.Label!)).ToArray()
        );
        double spearman = SpearmanCorrelation.Of(
            test.Rows.Select(row => double.Parse(row.Label!)).ToArray(),
            test.Rows.Select(row => ridge.Predict(row.Text, row.Pair)).ToArray()
        );
        Assert.InRange(spearman, 0.55, 0.75);
    }

    [Fact]
    public void TheMostFrequentTagTagsMostWords()
    {
        TokenFile train = TokenReader.Read(TestData.Shared("tasks", "pos", "train.conll")),
            test = TokenReader.Read(TestData.Shared("tasks", "pos", "test.conll"));
        MostFrequentTag baseline = new(
            train.Sequences.Select(sequence => sequence.Words),
            train.Sequences.Select(sequence => sequence.Tags)
        );
        double accuracy = TokenAccuracy.Of(
            test.Sequences.Select(sequence => sequence.Tags).ToArray(),
            test.Sequences.Select(sequence => baseline.Predict(sequence.Words)).ToArray()
        );
        Assert.InRange(accuracy, 0.84, 0.88);
    }

    [Fact]
    public void ScoreSetsCarryIntervalsAroundTheirValues()
    {
        int[] truth = [.. Enumerable.Range(0, 100).Select(i => i % 2)],
            predicted = [.. truth.Select((label, i) => i < 90 ? label : 1 - label)];
        IReadOnlyList<NamedScore> scores = ScoreSet.Classification(truth, predicted, 2);
        Assert.Equal(["accuracy", "macro_f1", "matthews", "precision", "recall", "f1"], scores.Select(score => score.Name));
        Assert.Equal(0.9, scores[0].Interval.Value, 12);
        Assert.All(scores, score =>
            Assert.True(score.Interval.Low < score.Interval.Value && score.Interval.Value < score.Interval.High, score.ToString())
        );
        Assert.Equal(scores, ScoreSet.Classification(truth, predicted, 2));
    }

    [Fact]
    public void SlicesByLengthHoldEquallyMany()
    {
        Assert.Equal(["3–4 words", "9–30 words", "3–4 words", "9–30 words"], Slices.ByNumber([3, 9, 4, 30], "words", 2));
        SliceScore[] scores = Slices.Score(["b", "a", "b"], [1, 0, 0]).ToArray();
        Assert.Equal([("a", 1, 0.0), ("b", 2, 0.5)], scores.Select(slice => (slice.Name, slice.Count, slice.Score.Value)));
    }

    [Fact]
    public void TheLearningCurveIsRecovered()
    {
        double[] labels = [50, 100, 250, 500, 1000, 4000];
        LearningCurve curve = LearningCurve.Fit(labels, labels.Select(n => 0.12 + (1.5 * Math.Pow(n, -0.45))).ToArray());
        Assert.Equal(0.12, curve.Floor, 2);
        Assert.InRange(curve.Rate, 0.43, 0.47);
        Assert.True(curve.GainOfDoubling(4000) is > 0.003 and < 0.02);
        Assert.Equal(0, LearningCurve.Fit([1, 2, 3], [0.1, 0.2, 0.3]).Scale);
    }

    private static double AccuracyOn(string task, out double majority)
    {
        LabelledTextFile train = LabelledTextReader.Read(TestData.Shared("tasks", task, "train.tsv")),
            test = LabelledTextReader.Read(TestData.Shared("tasks", task, "test.tsv"));
        List<string> names = train.Rows.Select(row => row.Label!).Distinct().Order(StringComparer.Ordinal).ToList();
        int[] labels = train.Rows.Select(row => names.IndexOf(row.Label!)).ToArray(),
            truth = test.Rows.Select(row => names.IndexOf(row.Label!)).ToArray();
        NaiveBayes bayes = new(train.Rows.Select(row => (row.Text, row.Pair)).ToArray(), labels, names.Count);
        int most = MajorityClass.Of(labels);
        majority = truth.Count(label => label == most) / (double)truth.Length;
        return Accuracy.Of(truth, test.Rows.Select(row => bayes.Predict(row.Text)).ToArray());
    }
}
