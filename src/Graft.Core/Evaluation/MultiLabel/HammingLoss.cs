namespace Graft.Evaluation;

/// <summary>The share of single decisions (an example and a label) that is wrong.</summary>
internal static class HammingLoss
{
    /// <summary>From 0 to 1; both sides are [examples][labels].</summary>
    public static double Of(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        truth.SelectMany((row, i) => row.Select((value, label) => value == predicted[i][label] ? 0.0 : 1.0)).Average();
}
