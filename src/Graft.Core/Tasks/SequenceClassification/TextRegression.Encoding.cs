using Graft.Data;

namespace Graft.Tasks.SequenceClassification;

/// <content>Examples → features.</content>
public sealed partial record TextRegression
{
    private protected override FeatureTarget Target(LabelledText row, string place) => new NumberTarget((float)Number(row, place));
}
