namespace Graft.Evaluation;

/// <summary>The share of examples all of whose labels are right.</summary>
internal static class SubsetAccuracy
{
    /// <summary>From 0 to 1; both sides are [examples][labels].</summary>
    public static double Of(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        truth.Select((row, i) => row.AsSpan().SequenceEqual(predicted[i]) ? 1.0 : 0.0).Average();
}
