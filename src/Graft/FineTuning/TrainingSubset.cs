namespace Graft.Tasks;

/// <summary>
/// A part of the training data in which every class has its share, the same for the same number: smaller parts lie within larger ones.
/// </summary>
internal static class TrainingSubset
{
    private const ulong Purpose = 0x5B5E7;

    /// <summary>So many examples, in their order; all where there are no more.</summary>
    public static TaskData Of(FineTuningTask task, TaskData train, int examples)
    {
        if (examples >= train.Count) return train;
        int[] order = [.. Enumerable.Range(0, train.Count)];
        new CounterRandom(Purpose).Shuffle<int>(order);

        // The k-th example of a class of n stands at (k + 1/2) / n of the way: any beginning of the order has every class in its share.
        Dictionary<string, int> sizes = order
                .CountBy(i => Class(task, train, i), StringComparer.Ordinal)
                .ToDictionary(StringComparer.Ordinal),
            seen = new(StringComparer.Ordinal);
        List<(double Place, int Example)> placed = [];
        foreach (int example in order)
        {
            string label = Class(task, train, example);
            int rank = seen[label] = seen.GetValueOrDefault(label) + 1;
            placed.Add(((rank - 0.5) / sizes[label], example));
        }

        return train.Take([.. placed.OrderBy(item => item.Place).Take(examples).Select(item => item.Example).Order()]);
    }

    private static string Class(FineTuningTask task, TaskData data, int example) => task.SliceLabelOf(data, example) ?? "";
}
