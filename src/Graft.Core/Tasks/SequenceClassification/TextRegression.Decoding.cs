namespace Graft.Tasks.SequenceClassification;

/// <content>Raw scores → predictions.</content>
public sealed partial record TextRegression
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(values => new ValuePrediction(values[0]))];
}
