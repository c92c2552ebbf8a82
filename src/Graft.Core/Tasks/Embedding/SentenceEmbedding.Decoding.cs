using Graft.Evaluation;

namespace Graft.Tasks.Embedding;

/// <content>Raw scores → predictions.</content>
internal sealed partial record SentenceEmbedding
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        SimilarityPrediction[] pairs =
        [
            .. scores
                .Where(score => score.Values.Length > score.Columns)
                .Select(score => new SimilarityPrediction(
                    Cosine(score.Row(0), score.Row(1)),
                    [.. score.Row(0)],
                    [.. score.Row(1)],
                    score.Values.Length > 2 * score.Columns ? Cosine(score.Row(0), score.Row(2)) : null
                )),
        ];
        if (pairs.Length == scores.Count)
            return pairs;
        int next = 0;
        return
        [
            .. scores.Select(score =>
                score.Values.Length == score.Columns ? (Prediction)new EmbeddingPrediction(score.Values) : pairs[next++]
            ),
        ];
    }
}
