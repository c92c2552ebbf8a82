using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>Examples → features.</content>
public partial record TextClassification
{
    /// <inheritdoc/>
    public override double LossItems(Feature feature) => feature.Target is ClassTarget target ? Loss.WeightOf(target.Class) : 1;

    private protected override FeatureTarget Target(LabelledText row, string place) => new ClassTarget(IndexOf(row.Label!, place));
}
