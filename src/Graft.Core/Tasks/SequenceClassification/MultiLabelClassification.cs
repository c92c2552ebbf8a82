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
        string[] labels = [.. ((TextData)train).Rows.SelectMany(row => row.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return labels.Length > 0 ? WithLabels(labels) : throw new InputException($"{train.Path}: no row has a label");
    }

    private bool[] Flags(LabelledText row, string place)
    {
        string? unknown = row.Labels.FirstOrDefault(label => !Labels.Contains(label));
        if (unknown is not null) throw new InputException($"{place}: the label \"{unknown}\" is not one of the model's ({string.Join(", ", Labels.Take(8))})");
        return [.. Labels.Select(label => row.Labels.Contains(label))];
    }
}
