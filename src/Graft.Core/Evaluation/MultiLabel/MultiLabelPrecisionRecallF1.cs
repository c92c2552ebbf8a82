namespace Graft.Evaluation;

/// <summary>Precision, recall and F1 where an example may have any number of labels; all arguments are [examples][labels].</summary>
internal static class MultiLabelPrecisionRecallF1
{
    /// <summary>The values of each label.</summary>
    public static PrecisionRecallF1[] PerLabel(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted, double zeroDivision = 0) =>
        Labels(truth, predicted).Select(counts => counts.Scores(zeroDivision)).ToArray();

    /// <summary>From the counts of all labels together.</summary>
    public static PrecisionRecallF1 Micro(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted, double zeroDivision = 0) =>
        Labels(truth, predicted).Aggregate(default(OutcomeCounts), (sum, counts) => sum + counts).Scores(zeroDivision);

    /// <summary>The mean over labels.</summary>
    public static PrecisionRecallF1 Macro(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted, double zeroDivision = 0) =>
        PrecisionRecallF1.Mean(PerLabel(truth, predicted, zeroDivision));

    /// <summary>The mean over labels, weighted by how often each is true.</summary>
    public static PrecisionRecallF1 Weighted(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted, double zeroDivision = 0) =>
        PrecisionRecallF1.WeightedMean(
            PerLabel(truth, predicted, zeroDivision),
            Labels(truth, predicted).Select(counts => (double)(counts.TruePositives + counts.FalseNegatives)).ToArray());

    /// <summary>The mean over examples.</summary>
    public static PrecisionRecallF1 Samples(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted, double zeroDivision = 0) =>
        PrecisionRecallF1.Mean(truth.Select((row, i) => Count(row.Zip(predicted[i])).Scores(zeroDivision)).ToArray());

    private static OutcomeCounts[] Labels(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        Enumerable.Range(0, truth[0].Length).Select(label => Count(truth.Select((row, i) => (row[label], predicted[i][label])))).ToArray();

    private static OutcomeCounts Count(IEnumerable<(bool Truth, bool Predicted)> decisions)
    {
        OutcomeCounts counts = default;
        foreach ((bool truth, bool predicted) in decisions)
        {
            counts += new OutcomeCounts(truth && predicted ? 1 : 0, !truth && predicted ? 1 : 0, truth && !predicted ? 1 : 0);
        }

        return counts;
    }
}
