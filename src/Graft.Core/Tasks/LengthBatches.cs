namespace Graft.Tasks;

/// <summary>
/// Cuts features into batches for one forward pass each: those of about one length lie together, so that padding costs little and memory is
/// bounded.
/// </summary>
internal static class LengthBatches
{
    /// <summary>The places of features, longest first: lengths [3, 9, 4] → [1], [2, 0] where a batch has room for 8 tokens.</summary>
    /// <param name="features">In any order.</param>
    /// <param name="tokens">The most tokens of a batch, as if all its texts were as long as the longest; one text is always taken.</param>
    public static IEnumerable<int[]> Of(IReadOnlyList<Feature> features, int tokens = 4096)
    {
        int[] order = [.. Enumerable.Range(0, features.Count).OrderByDescending(i => features[i].Ids.Length)];
        for (int start = 0, end; start < order.Length; start = end)
        {
            int room = tokens / Math.Max(1, features[order[start]].Ids.Length);
            end = Math.Min(order.Length, start + Math.Max(1, room));
            yield return order[start..end];
        }
    }
}
