namespace Graft.Evaluation;

/// <summary>The mean recall over the classes that occur in the truth: accuracy as if all classes were equally frequent.</summary>
internal static class BalancedAccuracy
{
    /// <summary>From 0 to 1; NaN without examples.</summary>
    public static double Of(ConfusionMatrix confusion) => Enumerable.Range(0, confusion.Classes)
        .Where(c => confusion.Support(c) > 0)
        .Select(c => (double)confusion[c, c] / confusion.Support(c))
        .DefaultIfEmpty(double.NaN)
        .Average();
}
