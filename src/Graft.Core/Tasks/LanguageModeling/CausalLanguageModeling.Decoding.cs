using System.Text;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TextToText;
using Graft.Tokenizers;

namespace Graft.Tasks.LanguageModeling;

/// <content>Raw scores → predictions.</content>
public sealed partial record CausalLanguageModeling
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        TextData texts = (TextData)data;
        double[] sums = new double[texts.Count];
        int[] counts = new int[texts.Count];
        Prediction[] predictions = new Prediction[texts.Count];
        for (int f = 0; f < scores.Count; f++)
        {
            int example = encoded.Features[f].Example;
            if (scores[f].Written is { } written)
                predictions[example] = new TextPrediction(encoded.Tokenizer!.Decode([.. written]), written);
            foreach (float logProbability in scores[f].Values)
                sums[example] -= logProbability;
            counts[example] += scores[f].Values.Length;
        }

        for (int i = 0; i < predictions.Length; i++)
            predictions[i] ??= new LanguageModelPrediction(sums[i], counts[i], System.Text.Encoding.UTF8.GetByteCount(texts.Rows[i].Text));
        return predictions;
    }
}
