namespace Graft.Evaluation;

/// <summary>A named score with its interval.</summary>
/// <param name="Name">As in <c>graft evaluate --json</c>: <c>accuracy</c>, <c>macro_f1</c> …</param>
/// <param name="Interval">The score and its 95 % percentile bootstrap interval, on the scale 0 … 1 (correlations −1 … 1).</param>
public sealed record NamedScore(string Name, ScoreInterval Interval)
{
    /// <summary>False for errors and losses, which have units of their own and are not shown in percent.</summary>
    public bool IsShare => Name is not ("mse" or "rmse" or "mae" or "loss" or "perplexity" or "bits_per_byte");
}

/// <summary>
/// The scores a task reports, each with a bootstrap interval over examples; the first is the one that papers name. The same seed draws the
/// same resamples.
/// </summary>
internal static class ScoreSet
{
    /// <summary>Accuracy, macro F1, Matthews, and of two classes precision, recall and F1 of class 1.</summary>
    public static IReadOnlyList<NamedScore> Classification(int[] truth, int[] predicted, int classes, ulong seed = 0)
    {
        NamedScore Score(string name, Func<ConfusionMatrix, double> metric) =>
            new(
                name,
                Bootstrap.Interval(
                    truth.Length,
                    positions => metric(new ConfusionMatrix(At(truth, positions), At(predicted, positions), classes)),
                    seed
                )
            );

        List<NamedScore> scores =
        [
            Score("accuracy", Accuracy.Of),
            Score("macro_f1", confusion => PrecisionRecallF1.Macro(confusion, onlyOccurring: true).F1),
            Score("matthews", MatthewsCorrelation.Of),
        ];
        if (classes != 2) return scores;
        scores.Add(Score("precision", confusion => PrecisionRecallF1.Binary(confusion).Precision));
        scores.Add(Score("recall", confusion => PrecisionRecallF1.Binary(confusion).Recall));
        scores.Add(Score("f1", confusion => PrecisionRecallF1.Binary(confusion).F1));
        return scores;
    }

    /// <summary>Micro and macro F1, micro precision and recall, subset accuracy; arguments are [examples][labels].</summary>
    public static IReadOnlyList<NamedScore> MultiLabel(bool[][] truth, bool[][] predicted, ulong seed = 0)
    {
        NamedScore Score(string name, Func<bool[][], bool[][], double> metric) =>
            new(name, Bootstrap.Interval(truth.Length, positions => metric(At(truth, positions), At(predicted, positions)), seed));

        return
        [
            Score("micro_f1", (a, b) => MultiLabelPrecisionRecallF1.Micro(a, b).F1),
            Score("macro_f1", (a, b) => MultiLabelPrecisionRecallF1.Macro(a, b).F1),
            Score("precision", (a, b) => MultiLabelPrecisionRecallF1.Micro(a, b).Precision),
            Score("recall", (a, b) => MultiLabelPrecisionRecallF1.Micro(a, b).Recall),
            Score("subset_accuracy", SubsetAccuracy.Of),
        ];
    }

    /// <summary>Spearman, Pearson, mean squared and absolute error.</summary>
    public static IReadOnlyList<NamedScore> Regression(double[] truth, double[] predicted, ulong seed = 0)
    {
        NamedScore Score(string name, Func<double[], double[], double> metric) =>
            new(name, Bootstrap.Interval(truth.Length, positions => metric(At(truth, positions), At(predicted, positions)), seed));

        return
        [
            Score("spearman", (a, b) => SpearmanCorrelation.Of(a, b)),
            Score("pearson", (a, b) => PearsonCorrelation.Of(a, b)),
            Score("mse", (a, b) => MeanSquaredError.Of(a, b)),
            Score("mae", (a, b) => MeanAbsoluteError.Of(a, b)),
        ];
    }

    /// <summary>Entity F1, precision and recall (seqeval's default) and token accuracy; sentences are resampled.</summary>
    public static IReadOnlyList<NamedScore> Entities(
        IReadOnlyList<IReadOnlyList<string>> truth,
        IReadOnlyList<IReadOnlyList<string>> predicted,
        ulong seed = 0
    )
    {
        OutcomeCounts[] counts = truth
            .Zip(predicted, (expected, found) =>
                EntityScores.Count(Data.Tagging.LenientDecoder.Decode(expected), Data.Tagging.LenientDecoder.Decode(found))
            )
            .ToArray();

        NamedScore Score(string name, Func<PrecisionRecallF1, double> part) => new(name, Bootstrap.Interval(counts.Length, positions =>
        {
            OutcomeCounts sum = default;
            foreach (int position in positions) sum += counts[position];
            return part(sum.Scores(0));
        }, seed));

        return
        [
            Score("entity_f1", scores => scores.F1),
            Score("precision", scores => scores.Precision),
            Score("recall", scores => scores.Recall),
            .. Tokens(truth, predicted, seed),
        ];
    }

    /// <summary>Token accuracy, for tags without a scheme; sentences are resampled.</summary>
    public static IReadOnlyList<NamedScore> Tokens(
        IReadOnlyList<IReadOnlyList<string>> truth,
        IReadOnlyList<IReadOnlyList<string>> predicted,
        ulong seed = 0
    )
    {
        (int Right, int All)[] counts = truth
            .Zip(predicted, (expected, found) => (expected.Zip(found).Count(pair => pair.First == pair.Second), expected.Count))
            .ToArray();
        return
        [
            new NamedScore("accuracy", Bootstrap.Interval(counts.Length, positions =>
            {
                long right = 0, all = 0;
                foreach (int position in positions)
                {
                    right += counts[position].Right;
                    all += counts[position].All;
                }

                return (double)right / all;
            }, seed)),
        ];
    }

    /// <summary>F1 and exact match of questions, each 0 … 1.</summary>
    public static IReadOnlyList<NamedScore> Questions(IReadOnlyList<QuestionScore> scores, ulong seed = 0) =>
    [
        new NamedScore("f1", Bootstrap.Mean(scores.Select(score => score.F1).ToArray(), seed)),
        new NamedScore("exact_match", Bootstrap.Mean(scores.Select(score => score.ExactMatch).ToArray(), seed)),
    ];

    private static T[] At<T>(T[] values, ReadOnlySpan<int> positions)
    {
        T[] result = new T[positions.Length];
        for (int i = 0; i < result.Length; i++) result[i] = values[positions[i]];
        return result;
    }
}
