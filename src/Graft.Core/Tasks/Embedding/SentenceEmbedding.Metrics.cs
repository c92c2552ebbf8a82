using Graft.Evaluation;

namespace Graft.Tasks.Embedding;

/// <content>What predictions are measured by.</content>
internal sealed partial record SentenceEmbedding
{
    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override string MainMetric => "spearman";

    /// <inheritdoc/>
    public override string MainMetricOn(TaskData data) => ((EmbeddingData)data).Kind == EmbeddingRows.Scored ? MainMetric : "accuracy";

    /// <summary>
    /// Scored pairs: rank correlation of cosine and score. Triplets: how often the right text is nearer. Pairs: how often the partner is
    /// the nearest of all.
    /// </summary>
    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        EmbeddingData texts = (EmbeddingData)data;
        SimilarityPrediction[] pairs = [.. predictions.Cast<SimilarityPrediction>()];
        if (texts.Kind == EmbeddingRows.Scored)
            return
            [
                .. ScoreSet
                    .Regression([.. Enumerable.Range(0, texts.Count).Select(texts.ScoreOf)], [.. pairs.Select(pair => pair.Similarity)])
                    .Take(2),
            ];
        if (texts.Kind == EmbeddingRows.Triplets)
            return [new NamedScore("accuracy", Bootstrap.Mean([.. pairs.Select((pair, i) => CreditOf(data, i, pair))], seed: 0))];
        int[] ranks = Ranks(pairs);
        return
        [
            new NamedScore("accuracy", Bootstrap.Mean([.. ranks.Select(rank => rank == 1 ? 1.0 : 0)], seed: 0)),
            new NamedScore("mean_reciprocal_rank", Bootstrap.Mean([.. ranks.Select(rank => 1.0 / rank)], seed: 0)),
        ];
    }

    /// <summary>
    /// The score of one example: of scored pairs minus the error of the cosine; of triplets right or wrong; of pairs the cosine.
    /// </summary>
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
    public override bool IsRight(TaskData data, int example, Prediction prediction) =>
        ((EmbeddingData)data).Kind != EmbeddingRows.Triplets || CreditOf(data, example, prediction) == 1;

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
                EmbeddingRows.Triplets => overlaps
                    .Select((overlap, i) => overlap > Overlap(texts.Rows[i].Text, texts.Negatives[i]) ? 1.0 : 0)
                    .Average(),
                _ => texts
                    .Rows.Select((row, i) => texts.Rows.Max(other => Overlap(row.Text, other.Pair!)) <= overlaps[i] ? 1.0 : 0)
                    .Average(),
            },
        };
    }

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

        static HashSet<string> Words(string text) =>
            new(text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
    }
}
