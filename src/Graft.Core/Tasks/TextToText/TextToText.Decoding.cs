using Graft.Tokenizers;

namespace Graft.Tasks.TextToText;

/// <content>Raw scores → predictions.</content>
public sealed partial record TextToText
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [
            .. scores.Select(score => new TextPrediction(
                encoded.Tokenizer!.Decode([.. score.Written!]).Trim(),
                score.Written!,
                score.Values.Length == 0 ? null : score.Values.Sum(value => (double)value),
                score.Values.Length
            )),
        ];
}
