using System.Numerics.Tensors;
using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>Raw scores → predictions.</content>
public partial record TextClassification
{
    /// <inheritdoc/>
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold) =>
        Decisions with
        {
            Temperature = TemperatureScaling.Fit(Truth(data), [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)]),
        };

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(Decode)];

    /// <summary>The prediction of an example's logits.</summary>
    internal ClassPrediction Decode(double[] logits)
    {
        double[] probabilities = TemperatureScaling.Probabilities(logits, Calibrated ? Decisions.Temperature ?? 1 : 1);
        int best = TensorPrimitives.IndexOfMax<double>(logits);
        return new ClassPrediction(Labels[best], best, logits, probabilities, Labels);
    }
}
