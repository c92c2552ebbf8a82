using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <summary>Any number of labels for a text: a sigmoid for each, binary cross-entropy.</summary>
public sealed partial record MultiLabelClassification : SequenceTask
{
    /// <inheritdoc/>
    public override string Name => "multi-label-classification";

    /// <inheritdoc/>
    public override string? ProblemType => "multi_label_classification";

    /// <summary>From which probability on a label is given.</summary>
    /// <value>0.5, or what development data decided.</value>
    public double Threshold => Decisions.Threshold ?? 0.5;

    private protected override bool IsMultiLabel => true;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        IReadOnlyList<LabelledText> rows = ((TextData)train).Rows;
        if (
            rows.Count > 0
            && rows.All(row => row.Labels.Order(StringComparer.Ordinal).SequenceEqual(rows[0].Labels.Order(StringComparer.Ordinal)))
        )
            throw new InputException(
                $"{train.Path}: every row has "
                    + $"{(rows[0].Labels.Count == 0 ? "no label" : $"the labels \"{string.Join("\", \"", rows[0].Labels)}\"")}; a "
                    + $"classifier needs rows that differ"
            );
        string[] labels = [.. rows.SelectMany(row => row.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (labels.Length == 1)
            throw new InputException(
                $"{train.Path}: \"{labels[0]}\" is the only label; several labels a text take at least two: whether a text has the one "
                    + $"label is a question of two classes, for `task` text-classification"
            );
        return WithLabels(labels);
    }

    private bool[] Flags(LabelledText row, string place)
    {
        string? unknown = row.Labels.FirstOrDefault(label => !Labels.Contains(label));
        if (unknown is not null)
            throw new InputException($"{place}: the label \"{unknown}\" is not one of the model's ({string.Join(", ", Labels.Take(8))})");
        return [.. Labels.Select(label => row.Labels.Contains(label))];
    }
}
