using Graft.Data;

namespace Graft.Tasks.SequenceClassification;

/// <content>Examples → features.</content>
public sealed partial record MultiLabelClassification
{
    /// <inheritdoc/>
    public override double LossItems(Feature feature) => Labels.Count; // the mean over examples and labels, as PyTorch's

    private protected override FeatureTarget Target(LabelledText row, string place) =>
        new LabelsTarget([.. Flags(row, place).Select(flag => flag ? 1f : 0f)]);
}
