using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class ProbabilityGoldenTests
{
    [Fact]
    public void BinaryScoresEqualScikitLearn()
    {
        foreach (JsonElement example in Golden.Cases("probabilities.json", example => example.GetProperty("kind").GetString() == "binary"))
        {
            string name = example.Name();
            bool[] truth = example.Ints("y_true").Select(value => value == 1).ToArray();
            double[] scores = example.Doubles("score");
            Golden.Equal(example.Expected("roc_auc"), RocAuc.Of(truth, scores), name + " ROC-AUC");
            Golden.Equal(example.Expected("average_precision"), AveragePrecision.Of(truth, scores), name + " AP");
            Golden.Equal(example.Expected("log_loss"), LogLoss.Of(truth, scores), name + " log loss");
            Golden.Equal(example.Expected("brier"), BrierScore.Of(truth, scores), name + " Brier");
            double[][] both = scores.Select(score => new[] { 1 - score, score }).ToArray();
            Golden.Equal(example.Expected("ece_15"), Calibration.ExpectedError(example.Ints("y_true"), both), name + " ECE 15");
            Golden.Equal(example.Expected("ece_10"), Calibration.ExpectedError(example.Ints("y_true"), both, 10), name + " ECE 10");
        }
    }

    [Fact]
    public void CurvesEqualScikitLearn()
    {
        foreach (JsonElement example in Golden.Cases("probabilities.json", example => example.GetProperty("kind").GetString() == "binary"))
        {
            bool[] truth = example.Ints("y_true").Select(value => value == 1).ToArray();
            RocCurve? roc = RocCurve.Of(truth, example.Doubles("score"));
            Assert.Equal(example.Expected("roc_curve").ValueKind == JsonValueKind.Null, roc is null);
            if (roc is null) continue;
            Golden.Equal(example.Expected("roc_curve", "fpr"), roc.FalsePositiveRates, example.Name() + " FPR");
            Golden.Equal(example.Expected("roc_curve", "tpr"), roc.TruePositiveRates, example.Name() + " TPR");
            PrecisionRecallCurve curve = PrecisionRecallCurve.Of(truth, example.Doubles("score"))!;
            Golden.Equal(example.Expected("pr_curve", "precision"), curve.Precisions, example.Name() + " precision");
            Golden.Equal(example.Expected("pr_curve", "recall"), curve.Recalls, example.Name() + " recall");
        }
    }

    [Fact]
    public void ScoresOfManyClassesEqualScikitLearn()
    {
        foreach (
            JsonElement example in Golden.Cases("probabilities.json", example => example.GetProperty("kind").GetString() == "multiclass")
        )
        {
            string name = example.Name();
            int[] truth = example.Ints("y_true");
            double[][] probabilities = example.Matrix("probabilities");
            Golden.Equal(example.Expected("log_loss"), LogLoss.Of(truth, probabilities), name);
            Golden.Equal(example.Expected("brier_sum_over_classes"), BrierScore.SumOverClasses(truth, probabilities), name);
            Golden.Equal(example.Expected("ece_15"), Calibration.ExpectedError(truth, probabilities), name);
            Golden.Equal(example.Expected("ece_10"), Calibration.ExpectedError(truth, probabilities, 10), name);
            Golden.Equal(example.Expected("accuracy"), TopKAccuracy.Of(truth, probabilities, 1), name);
            Golden.Equal(example.Expected("top2_accuracy"), TopKAccuracy.Of(truth, probabilities, 2), name);
            Golden.Equal(example.Expected("roc_auc_ovr_macro"), RocAuc.OneVersusRest(truth, probabilities), name);
            Golden.Equal(example.Expected("roc_auc_ovr_weighted"), RocAuc.OneVersusRest(truth, probabilities, weighted: true), name);
            Golden.Equal(example.Expected("roc_auc_ovo_macro"), RocAuc.OneVersusOne(truth, probabilities), name);
        }
    }

    [Fact]
    public void TemperatureUndoesAKnownScale()
    {
        CounterRandom random = new(CounterRandom.Key(1));
        List<int> truth = [];
        List<double[]> logits = [];
        for (int i = 0; i < 20_000; i++)
        {
            double[] honest = [random.NextNormal(), random.NextNormal(), random.NextNormal()];
            double[] probabilities = TemperatureScaling.Probabilities(honest);
            double draw = random.NextDouble();
            truth.Add(draw < probabilities[0] ? 0 : draw < probabilities[0] + probabilities[1] ? 1 : 2);
            logits.Add(honest.Select(logit => 2.5 * logit).ToArray());
        }

        double temperature = TemperatureScaling.Fit(truth, logits);
        Assert.InRange(temperature, 2.35, 2.65);
        double before = Calibration.ExpectedError(truth, logits.Select(row => TemperatureScaling.Probabilities(row)).ToArray());
        double after = Calibration.ExpectedError(truth, logits.Select(row => TemperatureScaling.Probabilities(row, temperature)).ToArray());
        Assert.True(after < before / 4, $"calibration error {before} before, {after} after");
    }

    [Fact]
    public void TheTunedThresholdIsTheBestOne()
    {
        bool[] truth = [false, false, true, false, true, true];
        double[] scores = [0.1, 0.2, 0.3, 0.3, 0.4, 0.9];
        TunedThreshold best = ThresholdTuning.Best(truth, scores);
        Assert.Equal(0.25, best.Threshold, 12);
        Assert.Equal(6.0 / 7, best.F1, 12);
        Assert.Equal(0.5, ThresholdTuning.Best([false], [0.7]).Threshold);
    }
}
