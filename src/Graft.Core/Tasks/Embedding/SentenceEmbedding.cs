using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;
using Graft.Tokenizers;

namespace Graft.Tasks.Embedding;

/// <summary>
/// One vector for a text, close to those of texts that belong to it (Reimers and Gurevych 2019): trained on pairs with the batch's other pairs
/// as negatives, on triplets, or on pairs with scores. The folder is one that sentence-transformers opens.
/// </summary>
public sealed record SentenceEmbedding : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.Embedding;

    /// <inheritdoc/>
    public override string MainMetric => "spearman";

    /// <summary>The score that means "the same", by which scores are divided: the largest of training.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public override string MainMetricOn(TaskData data) => ((EmbeddingData)data).Kind == EmbeddingRows.Scored ? MainMetric : "accuracy";

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
        TaskData.Parts(LabelledTextReader.Stream, path, columns, examples, onBadRow, (rows, read) => new EmbeddingData(
            path, [.. rows.Select(row => row with { Labels = [] })], [], rows[0].Pair is null ? EmbeddingRows.Texts : EmbeddingRows.Pairs, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => new EmbeddingData(
        "text", [.. texts.Select((text, i) => new LabelledText { Text = text.Text, Pair = text.Pair, Line = i + 1, Row = i + 1 })], [],
        texts.All(text => text.Pair is not null) ? EmbeddingRows.Pairs : EmbeddingRows.Texts, []);

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        EmbeddingData texts = (EmbeddingData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0;
        EncodeOptions limits = new() { MaxLength = options.MaxLength, Stride = options.Truncate ? 0 : options.Stride ?? options.MaxLength / 4 };
        for (int example = 0; example < texts.Count; example++)
        {
            List<TokenizedText> windows = [];
            List<int> counts = [];
            bool isLong = false;
            foreach (string part in texts.PartsOf(example))
            {
                TokenizedText first = tokenizer.Encode(part, null, limits);
                int whole = first.Overflow.Count == 0 ? first.Length : tokenizer.Encode(part).Length;
                windows.AddRange(options.Truncate ? [first] : [first, .. first.Overflow]);
                counts.Add(options.Truncate ? 1 : 1 + first.Overflow.Count);
                isLong |= whole > first.Length;
                beyond += whole - first.Length;
                tokens += whole;
            }

            if (isLong) longExamples++;
            features.Add(new PartsFeature
            {
                Example = example,
                Ids = [.. windows.SelectMany(window => window.Ids)],
                TypeIds = [.. windows.SelectMany(window => window.TypeIds)],
                Lengths = [.. windows.Select(window => window.Length)],
                Windows = [.. counts],
                Target = texts.Kind == EmbeddingRows.Scored ? new NumberTarget((float)texts.ScoreOf(example)) : null,
            });
        }

        return new EncodedData(features, longExamples, beyond, tokens);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        SimilarityPrediction[] pairs = [.. scores.Where(score => score.Values.Length > score.Columns).Select(score => new SimilarityPrediction(
            Cosine(score.Row(0), score.Row(1)), [.. score.Row(0)], [.. score.Row(1)], score.Values.Length > 2 * score.Columns ? Cosine(score.Row(0), score.Row(2)) : null))];
        if (pairs.Length == scores.Count) return pairs;
        int next = 0;
        return [.. scores.Select(score => score.Values.Length == score.Columns ? (Prediction)new EmbeddingPrediction(score.Values) : pairs[next++])];
    }

    /// <summary>Scored pairs: rank correlation of cosine and score. Triplets: how often the right text is nearer. Pairs: how often the partner is the nearest of all.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        EmbeddingData texts = (EmbeddingData)data;
        SimilarityPrediction[] pairs = [.. predictions.Cast<SimilarityPrediction>()];
        if (texts.Kind == EmbeddingRows.Scored)
            return [.. ScoreSet.Regression([.. Enumerable.Range(0, texts.Count).Select(texts.ScoreOf)], [.. pairs.Select(pair => pair.Similarity)]).Take(2)];
        if (texts.Kind == EmbeddingRows.Triplets) return [new NamedScore("accuracy", Bootstrap.Mean([.. pairs.Select((pair, i) => CreditOf(data, i, pair))], seed: 0))];
        int[] ranks = Ranks(pairs);
        return
        [
            new NamedScore("accuracy", Bootstrap.Mean([.. ranks.Select(rank => rank == 1 ? 1.0 : 0)], seed: 0)),
            new NamedScore("mean_reciprocal_rank", Bootstrap.Mean([.. ranks.Select(rank => 1.0 / rank)], seed: 0)),
        ];
    }

    /// <summary>Of scored pairs minus the error of the cosine; of triplets right or wrong; of pairs the cosine.</summary>
    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction)
    {
        EmbeddingData texts = (EmbeddingData)data;
        SimilarityPrediction pair = (SimilarityPrediction)prediction;
        return texts.Kind switch
        {
            EmbeddingRows.Scored => -Math.Abs(pair.Similarity - (texts.ScoreOf(example) / texts.LargestScore)),
            EmbeddingRows.Triplets => pair.Similarity > pair.NegativeSimilarity ? 1 : 0,
            _ => pair.Similarity,
        };
    }

    /// <inheritdoc/>
    public override bool IsRight(TaskData data, int example, Prediction prediction) => ((EmbeddingData)data).Kind != EmbeddingRows.Triplets || CreditOf(data, example, prediction) == 1;

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => ((EmbeddingData)data).Rows[example].Label ?? "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        EmbeddingData texts = (EmbeddingData)evaluation;
        double[] overlaps = [.. texts.Rows.Select(row => Overlap(row.Text, row.Pair!))];
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["word_overlap"] = texts.Kind switch
            {
                EmbeddingRows.Scored => SpearmanCorrelation.Of([.. Enumerable.Range(0, texts.Count).Select(texts.ScoreOf)], overlaps),
                EmbeddingRows.Triplets => overlaps.Select((overlap, i) => overlap > Overlap(texts.Rows[i].Text, texts.Negatives[i]) ? 1.0 : 0).Average(),
                _ => texts.Rows.Select((row, i) => texts.Rows.Max(other => Overlap(row.Text, other.Pair!)) <= overlaps[i] ? 1.0 : 0).Average(),
            },
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        EmbeddingData texts = (EmbeddingData)data;
        if (texts.Kind != EmbeddingRows.Scored) yield break;
        double[] stated = [.. predictions.Select((_, i) => texts.ScoreOf(i) / texts.LargestScore)], cosines = [.. predictions.Select(prediction => ((SimilarityPrediction)prediction).Similarity)];
        yield return new ReportSection("Similarity", [new PlotBlock(new ScatterPlot("Cosine by stated score (divided by the largest)", stated, cosines))]);
    }

    private static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(first, second);

    private static int[] Ranks(SimilarityPrediction[] pairs)
    {
        int[] ranks = new int[pairs.Length];
        System.Threading.Tasks.Parallel.For(0, pairs.Length, i =>
        {
            double own = pairs[i].Similarity;
            ranks[i] = 1 + pairs.Count(other => Cosine(pairs[i].First, other.Second) > own + 1e-7);
        });
        return ranks;
    }

    /// <summary>Jaccard's share of common words.</summary>
    private static double Overlap(string first, string second)
    {
        HashSet<string> one = Words(first), two = Words(second);
        int common = one.Count(two.Contains);
        return (double)common / Math.Max(1, one.Count + two.Count - common);

        static HashSet<string> Words(string text) => new(text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
    }
}
