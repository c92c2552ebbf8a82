namespace Graft.Evaluation;

/// <summary>The share of tokens with the right tag, <c>O</c> included.</summary>
internal static class TokenAccuracy
{
    /// <summary>From 0 to 1; tags by sentence; NaN without tokens.</summary>
    public static double Of(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted) =>
        truth.Zip(predicted, (expected, found) => expected.Zip(found, (a, b) => a == b ? 1.0 : 0.0))
            .SelectMany(right => right)
            .DefaultIfEmpty(double.NaN)
            .Average();
}
