using Graft.Backbones;

namespace Graft.Tasks.SequenceClassification;

/// <content>Raw scores → predictions.</content>
public sealed partial record TextRegression
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(values => values.Length == 1
            ? (Prediction)new ValuePrediction(Activated(values[0]))
            : new ValuesPrediction([.. values.Select(Activated)], Labels))];

    private double Activated(double value) => Activation switch
    {
        OutputActivation.Sigmoid => 1 / (1 + Math.Exp(-value)),
        OutputActivation.Tanh => Math.Tanh(value),
        OutputActivation.Relu => Math.Max(0, value),
        _ => value,
    };

    private static double ValueOf(Prediction prediction) =>
        prediction is ValuePrediction one
            ? one.Value
            : throw new InputException(
                "the model gives several numbers a text: graft predict tells them, but they are not compared with one column"
            );
}
