using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;

namespace Graft.Tasks.SequenceClassification;

/// <summary>Any number of labels for a text: a sigmoid for each, binary cross-entropy.</summary>
public sealed record MultiLabelClassification : SequenceTask
{
    /// <inheritdoc/>
    public override string Name => "multi-label-classification";

    /// <inheritdoc/>
    public override string? ProblemType => "multi_label_classification";

    /// <inheritdoc/>
    public override string MainMetric => "micro_f1";

    /// <summary>From which probability on a label is given.</summary>
    /// <value>0.5, or what development data decided.</value>
    public double Threshold => Decisions.Threshold ?? 0.5;

    private protected override bool IsMultiLabel => true;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        string[] labels = [.. ((TextData)train).Rows.SelectMany(row => row.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return labels.Length > 0 ? WithLabels(labels) : throw new InputException($"{train.Path}: no row has a label");
    }

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => TruthOf(data, example);

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        List<Prediction> predictions = [];
        foreach (double[] logits in Pooled(data, encoded, scores))
        {
            double[] probabilities = [.. logits.Select(logit => 1 / (1 + Math.Exp(-logit)))];
            bool[] flags = [.. probabilities.Select(probability => probability >= Threshold)];
            predictions.Add(new LabelsPrediction([.. Labels.Where((_, i) => flags[i])], flags, probabilities, Labels));
        }

        return predictions;
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => Labels.Count; // the mean over examples and labels, as PyTorch's

    /// <inheritdoc/>
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold)
    {
        if (!tuneThreshold) return Decisions;
        double[][] probabilities = [.. predictions.Select(prediction => ((LabelsPrediction)prediction).Probabilities)];
        return Decisions with { Threshold = ThresholdTuning.BestForAll(Truth(data), probabilities).Threshold };
    }

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
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        bool[][] truth = Truth(data), found = [.. predictions.Select(prediction => ((LabelsPrediction)prediction).Flags)];
        IReadOnlyList<string> Row(string label, int i)
        {
            int right = Count(j => truth[j][i] && found[j][i]), missed = Count(j => truth[j][i] && !found[j][i]), wrong = Count(j => !truth[j][i] && found[j][i]);
            string Share(int part, int whole) => Format.Percent(whole == 0 ? double.NaN : (double)part / whole);
            return [label, Share(right, right + wrong), Share(right, right + missed), Share(2 * right, (2 * right) + wrong + missed), Format.Count(missed), Format.Count(wrong), Format.Count(right + missed)];
        }

        yield return new ReportSection("Labels",
        [
            new Paragraph(FormattableString.Invariant($"A label is given from a probability of {Threshold:0.###} on.")),
            new ReportTable("By label", ["label", "precision", "recall", "F1", "missed", "wrongly given", "examples"], [.. Labels.Select(Row)], NumericFrom: 1),
        ]);

        int Count(Func<int, bool> holds) => Enumerable.Range(0, truth.Length).Count(holds);
    }

    private protected override FeatureTarget Target(LabelledText row, string place) => new LabelsTarget([.. Flags(row, place).Select(flag => flag ? 1f : 0f)]);

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train) =>
        [.. Labels.Select(label => ((TextData)train).Rows.LongCount(row => row.Labels.Contains(label)))];

    private bool[][] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => Flags(row, data.PlaceOf(i)))];

    private bool[] Flags(LabelledText row, string place)
    {
        string? unknown = row.Labels.FirstOrDefault(label => !Labels.Contains(label));
        if (unknown is not null) throw new InputException($"{place}: the label \"{unknown}\" is not one of the model's ({string.Join(", ", Labels.Take(8))})");
        return [.. Labels.Select(label => row.Labels.Contains(label))];
    }
}
