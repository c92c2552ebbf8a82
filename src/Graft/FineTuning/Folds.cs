using System.Globalization;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks;

/// <summary>Parts of the examples that are held out in turn; every label, or every fifth of the numbers, has its share in each.</summary>
internal static class Folds
{
    private const int Fifths = 5;
    private const ulong Purpose = 0xF01D;

    /// <summary>A fold for each example: every stratum is shuffled and dealt out.</summary>
    /// <param name="strata">What examples are told apart by.</param>
    /// <param name="folds">How many.</param>
    /// <param name="seed">The seed of the deal.</param>
    public static int[] Assign(IReadOnlyList<string> strata, int folds, ulong seed)
    {
        int[] fold = new int[strata.Count], order = [.. Enumerable.Range(0, strata.Count)];
        new CounterRandom(CounterRandom.Key(seed, Purpose)).Shuffle<int>(order);
        int next = 0;
        foreach (int example in order.GroupBy(i => strata[i], StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => group)) fold[example] = next++ % folds;
        return fold;
    }

    /// <summary>The labels of examples; of numbers their fifth.</summary>
    public static string[] Strata(FineTuningTask task, TaskData data)
    {
        if (task is not TextRegression) return [.. Enumerable.Range(0, data.Count).Select(i => task.SliceLabelOf(data, i) ?? "")];
        int[] rank = new int[data.Count], order = [.. Enumerable.Range(0, data.Count).OrderBy(i => double.Parse(task.TruthOf(data, i), CultureInfo.InvariantCulture))];
        for (int i = 0; i < order.Length; i++) rank[order[i]] = i;
        return [.. rank.Select(place => FormattableString.Invariant($"{(long)place * Fifths / data.Count}"))];
    }

    /// <summary>The features of some examples, numbered anew.</summary>
    public static Feature[] Take(EncodedData encoded, IReadOnlyList<int> examples)
    {
        ILookup<int, Feature> own = encoded.Features.ToLookup(feature => feature.Example);
        return [.. examples.SelectMany((example, i) => own[example].Select(feature => feature with { Example = i }))];
    }
}
