namespace Graft.Evaluation;

/// <summary>The mean over examples of |true ∩ predicted| / |true ∪ predicted|; 0 for an example with neither.</summary>
internal static class JaccardIndex
{
    /// <summary>From 0 to 1; both sides are [examples][labels].</summary>
    public static double Of(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        truth.Select((row, i) => OfOne(row, predicted[i])).Average();

    private static double OfOne(bool[] truth, bool[] predicted)
    {
        int both = truth.Where((value, label) => value && predicted[label]).Count();
        int either = truth.Where((value, label) => value || predicted[label]).Count();
        return either == 0 ? 0 : (double)both / either;
    }
}
