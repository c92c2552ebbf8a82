namespace Graft.Evaluation;

/// <summary>How well scores rank the examples of each label; arguments are [examples][labels].</summary>
internal static class MultiLabelRanking
{
    /// <summary>ROC-AUC averaged over the labels that occur with both values; NaN when none does.</summary>
    public static double MacroRocAuc(IReadOnlyList<bool[]> truth, IReadOnlyList<double[]> scores) =>
        PerLabel(truth, scores, RocAuc.Of).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Average precision of each label; NaN for one that is never true.</summary>
    public static double[] AveragePrecisions(IReadOnlyList<bool[]> truth, IReadOnlyList<double[]> scores) =>
        PerLabel(truth, scores, AveragePrecision.Of);

    private static double[] PerLabel(
        IReadOnlyList<bool[]> truth,
        IReadOnlyList<double[]> scores,
        Func<ReadOnlySpan<bool>, ReadOnlySpan<double>, double> metric
    ) =>
        Enumerable
            .Range(0, truth[0].Length)
            .Select(label => metric(truth.Select(row => row[label]).ToArray(), scores.Select(row => row[label]).ToArray()))
            .ToArray();
}
