using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>Precision, recall and their harmonic mean, each from 0 to 1.</summary>
/// <remarks>
/// F1 is computed from counts, 2·tp / (2·tp + fp + fn). An undefined value (a class never predicted has no precision, one that never occurs
/// no recall, both no F1) counts as <c>zeroDivision</c>.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PrecisionRecallF1(double Precision, double Recall, double F1)
{
    /// <summary>The values of each class.</summary>
    public static PrecisionRecallF1[] PerClass(ConfusionMatrix confusion, double zeroDivision = 0) =>
        Enumerable.Range(0, confusion.Classes).Select(c => confusion.Outcomes(c).Scores(zeroDivision)).ToArray();

    /// <summary>The values of one class against all others: class 1 where 1 is the positive class of two.</summary>
    public static PrecisionRecallF1 Binary(ConfusionMatrix confusion, int positive = 1, double zeroDivision = 0) =>
        confusion.Outcomes(positive).Scores(zeroDivision);

    /// <summary>From the counts of all classes together; with one label an example all three equal the accuracy.</summary>
    public static PrecisionRecallF1 Micro(ConfusionMatrix confusion, double zeroDivision = 0) =>
        Enumerable
            .Range(0, confusion.Classes)
            .Select(confusion.Outcomes)
            .Aggregate(default(OutcomeCounts), (sum, counts) => sum + counts)
            .Scores(zeroDivision);

    /// <summary>The mean over classes, all equally heavy.</summary>
    /// <param name="confusion">The counts.</param>
    /// <param name="zeroDivision">What an undefined value counts as.</param>
    /// <param name="onlyOccurring">True leaves out classes that are neither true nor predicted anywhere, as scikit-learn does when no
    /// labels are given.</param>
    public static PrecisionRecallF1 Macro(ConfusionMatrix confusion, double zeroDivision = 0, bool onlyOccurring = false)
    {
        PrecisionRecallF1[] classes = PerClass(confusion, zeroDivision);
        return onlyOccurring
            ? Mean(classes.Where((_, c) => confusion.Support(c) + confusion.Predicted(c) > 0).ToArray())
            : Mean(classes);
    }

    /// <summary>The mean over classes, weighted by how often each is true.</summary>
    public static PrecisionRecallF1 Weighted(ConfusionMatrix confusion, double zeroDivision = 0) =>
        WeightedMean(
            PerClass(confusion, zeroDivision),
            Enumerable.Range(0, confusion.Classes).Select(c => (double)confusion.Support(c)).ToArray()
        );

    /// <summary>The mean; NaN of nothing.</summary>
    internal static PrecisionRecallF1 Mean(IReadOnlyList<PrecisionRecallF1> scores) => scores.Count == 0
        ? new PrecisionRecallF1(double.NaN, double.NaN, double.NaN)
        : WeightedMean(scores, Enumerable.Repeat(1.0, scores.Count).ToArray());

    /// <summary>The weighted mean; zeros where all weights are 0.</summary>
    internal static PrecisionRecallF1 WeightedMean(IReadOnlyList<PrecisionRecallF1> scores, IReadOnlyList<double> weights)
    {
        double total = weights.Sum();
        if (total == 0) return default;
        double Mean(Func<PrecisionRecallF1, double> part) => scores.Select((score, i) => part(score) * weights[i]).Sum() / total;
        return new PrecisionRecallF1(Mean(score => score.Precision), Mean(score => score.Recall), Mean(score => score.F1));
    }
}

/// <summary>Hits, false alarms and misses: what precision, recall and F1 are made of.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OutcomeCounts(long TruePositives, long FalsePositives, long FalseNegatives)
{
    public static OutcomeCounts operator +(OutcomeCounts a, OutcomeCounts b) =>
        new(a.TruePositives + b.TruePositives, a.FalsePositives + b.FalsePositives, a.FalseNegatives + b.FalseNegatives);

    /// <summary>The three ratios, <paramref name="zeroDivision"/> standing for 0/0.</summary>
    public PrecisionRecallF1 Scores(double zeroDivision)
    {
        double Ratio(long part, long whole) => whole == 0 ? zeroDivision : (double)part / whole;
        return new PrecisionRecallF1(
            Ratio(TruePositives, TruePositives + FalsePositives),
            Ratio(TruePositives, TruePositives + FalseNegatives),
            Ratio(2 * TruePositives, (2 * TruePositives) + FalsePositives + FalseNegatives));
    }
}
