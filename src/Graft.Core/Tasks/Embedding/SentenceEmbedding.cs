using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.Embedding;

/// <summary>
/// One vector for a text, close to those of texts that belong to it (Reimers and Gurevych 2019): trained on pairs with the batch's other
/// pairs as negatives, on triplets, or on pairs with scores. The folder is one that sentence-transformers opens.
/// </summary>
internal sealed partial record SentenceEmbedding : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override string Head => HeadKinds.Embedding;

    /// <summary>The score that means "the same", by which scores are divided: the largest of training.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // vectors have no labels

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        EmbeddingData data = (EmbeddingData)train;
        return data.Kind == EmbeddingRows.Scored ? this with { Scale = data.LargestScore } : this;
    }

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled) => EmbeddingData.Read(path, columns, labelled);

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(LabelledTextReader.Stream, path, columns, examples, onBadRow, (rows, read) =>
            new EmbeddingData(
                path,
                [.. rows.Select(row => row with { Labels = [] })],
                [],
                rows[0].Pair is null ? EmbeddingRows.Texts : EmbeddingRows.Pairs,
                []
            )
            {
                Reading = read,
            }
        );

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => new EmbeddingData(
        "text", [.. texts.Select((text, i) => new LabelledText { Text = text.Text, Pair = text.Pair, Line = i + 1, Row = i + 1 })], [],
        texts.All(text => text.Pair is not null) ? EmbeddingRows.Pairs : EmbeddingRows.Texts, []);

    private static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second) =>
        System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(first, second);
}
