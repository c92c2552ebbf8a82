using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>What predictions are measured by.</content>
public sealed partial record MultiLabelClassification
{
    /// <inheritdoc/>
    public override string MainMetric => "micro_f1";

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => TruthOf(data, example);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        ScoreSet.MultiLabel(Truth(data), [.. predictions.Select(prediction => ((LabelsPrediction)prediction).Flags)]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        bool[][] trainTruth = Truth(train), truth = Truth(evaluation);
        bool[] frequent = [.. Labels.Select((_, label) => trainTruth.Count(flags => flags[label]) * 2 >= trainTruth.Length)];
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["majority_class"] = MultiLabelPrecisionRecallF1.Micro(truth, [.. truth.Select(_ => frequent)]).F1,
        };
    }

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train) =>
        [.. Labels.Select(label => ((TextData)train).Rows.LongCount(row => row.Labels.Contains(label)))];

    private bool[][] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => Flags(row, data.PlaceOf(i)))];
}
