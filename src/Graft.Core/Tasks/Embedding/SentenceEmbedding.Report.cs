using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;

namespace Graft.Tasks.Embedding;

/// <content>The task's own part of the report.</content>
internal sealed partial record SentenceEmbedding
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        EmbeddingData texts = (EmbeddingData)data;
        if (texts.Kind != EmbeddingRows.Scored)
            yield break;
        double[] stated = [.. predictions.Select((_, i) => texts.ScoreOf(i) / texts.LargestScore)],
            cosines = [.. predictions.Select(prediction => ((SimilarityPrediction)prediction).Similarity)];
        yield return new ReportSection(
            "Similarity",
            [new PlotBlock(new ScatterPlot("Cosine by stated score (divided by the largest)", stated, cosines))]
        );
    }
}
