using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>Raw scores → predictions.</content>
public sealed partial record MultiLabelClassification
{
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
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold)
    {
        if (!tuneThreshold) return Decisions;
        double[][] probabilities = [.. predictions.Select(prediction => ((LabelsPrediction)prediction).Probabilities)];
        return Decisions with { Threshold = ThresholdTuning.BestForAll(Truth(data), probabilities).Threshold };
    }
}
