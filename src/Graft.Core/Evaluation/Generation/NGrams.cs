namespace Graft.Evaluation;

/// <summary>Counts of runs of n neighbouring items.</summary>
internal static class NGrams
{
    // Joins the items of a key; no tokenizer here leaves it inside an item.
    private const char Joint = '\u0001';

    /// <summary>How often each run of <paramref name="n"/> items occurs.</summary>
    /// <example><c>a b a b</c>, n 2 → (a b): 2, (b a): 1</example>
    public static Dictionary<string, int> Count(IReadOnlyList<string> items, int n)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        for (int i = 0; i + n <= items.Count; i++)
        {
            string key = n == 1 ? items[i] : string.Join(Joint, items.Skip(i).Take(n));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        return counts;
    }

    /// <summary>How many runs both sides share, each counted as often as the side that has fewer of it.</summary>
    public static int Common(Dictionary<string, int> a, Dictionary<string, int> b)
    {
        int common = 0;
        foreach ((string key, int count) in a)
        {
            if (b.TryGetValue(key, out int other)) common += Math.Min(count, other);
        }

        return common;
    }
}
