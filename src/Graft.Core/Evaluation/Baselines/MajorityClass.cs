namespace Graft.Evaluation;

/// <summary>Always answers the class that is most frequent in training: the floor every classifier must pass.</summary>
internal static class MajorityClass
{
    /// <summary>The most frequent class; the lower number on ties.</summary>
    public static int Of(IEnumerable<int> truth) =>
        truth.CountBy(label => label).OrderByDescending(count => count.Value).ThenBy(count => count.Key).First().Key;
}
