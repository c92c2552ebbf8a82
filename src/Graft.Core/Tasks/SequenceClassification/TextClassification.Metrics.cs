using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>What predictions are measured by.</content>
public partial record TextClassification
{
    /// <inheritdoc/>
    public override string MainMetric => "accuracy";

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => TruthOf(data, example);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        int[] truth = Truth(data), predicted = [.. predictions.Select(prediction => ((ClassPrediction)prediction).Class)];
        double[][] probabilities = [.. predictions.Select(prediction => ((ClassPrediction)prediction).Probabilities)];
        double loss = LogLoss.Of(truth, probabilities), error = Calibration.ExpectedError(truth, probabilities);
        return
        [
            .. ScoreSet.Classification(truth, predicted, Labels.Count),
            new NamedScore(
                "loss",
                Bootstrap.Mean(
                    [.. truth.Select((label, i) => -Math.Log(Math.Max(probabilities[i][label], 2.220446049250313e-16)))],
                    seed: 0
                ) with
                {
                    Value = loss,
                }
            ),
            new NamedScore("calibration_error", ScoreInterval.Of(error)),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        int[] trainLabels = Truth(train), truth = Truth(evaluation);
        NaiveBayes bayes = new(Texts(train), trainLabels, Labels.Count);
        int majority = MajorityClass.Of(trainLabels);
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["majority_class"] = Accuracy.Of(truth, [.. truth.Select(_ => majority)]),
            ["naive_bayes"] = Accuracy.Of(truth, [.. Texts(evaluation).Select(row => bayes.Predict(row.Text, row.Pair))]),
        };
    }

    /// <summary>The class numbers of labelled examples.</summary>
    internal int[] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => IndexOf(row.Label!, data.PlaceOf(i)))];

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train)
    {
        int[] truth = Truth(train);
        return [.. Labels.Select((_, label) => truth.LongCount(other => other == label))];
    }
}
