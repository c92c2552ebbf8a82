using System.Numerics.Tensors;

namespace Graft.Tasks.MultipleChoice;

/// <content>Raw scores → predictions.</content>
public sealed partial record MultipleChoice
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. ((ChoiceData)data).Examples.Select((example, i) =>
        {
            double[] logits = [.. scores[i].Values.Select(score => (double)score)], probabilities = new double[logits.Length];
            TensorPrimitives.SoftMax<double>(logits, probabilities);
            int best = TensorPrimitives.IndexOfMax<double>(logits);
            return new ChoicePrediction(best, example.Choices[best], probabilities);
        })];
}
