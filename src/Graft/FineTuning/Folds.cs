using System.Globalization;
using Graft.Tasks.SequenceClassification;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>Parts of the examples that are held out in turn; every label, or every fifth of the numbers, has its share in each.</summary>
internal static class Folds
{
    private const int Fifths = 5;
    private const ulong Purpose = 0xF01D;

    /// <summary>A fold for each example: every stratum is shuffled and dealt out, examples that must stay together as one.</summary>
    /// <param name="strata">What examples are told apart by.</param>
    /// <param name="folds">How many.</param>
    /// <param name="seed">The seed of the deal.</param>
    /// <param name="groups">The group of each example, all of one stratum; null where each stands alone.</param>
    public static int[] Assign(IReadOnlyList<string> strata, int folds, ulong seed, IReadOnlyList<int>? groups = null)
    {
        int[] fold = new int[strata.Count], filled = new int[folds], order = [.. Enumerable.Range(0, strata.Count)];
        new CounterRandom(CounterRandom.Key(seed, Purpose)).Shuffle<int>(order);
        foreach (
            IGrouping<string, int> stratum in order
                .GroupBy(i => strata[i], StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
        )
        {
            foreach (IGrouping<int, int> together in stratum.GroupBy(i => groups?[i] ?? i))
            {
                int emptiest = Array.IndexOf(filled, filled.Min());
                foreach (int example in together)
                {
                    fold[example] = emptiest;
                    filled[emptiest]++;
                }
            }
        }

        return fold;
    }

    /// <summary>
    /// The groups of examples that share sentences; null where none do, and where so many do that folds cannot keep them apart, which is
    /// told: the score over folds is then too high.
    /// </summary>
    /// <param name="data">The examples.</param>
    /// <param name="strata">The labels of the examples.</param>
    /// <param name="folds">How many folds there will be.</param>
    /// <param name="logger">Told what was found.</param>
    public static int[]? Groups(TaskData data, IReadOnlyList<string> strata, int folds, ILogger logger)
    {
        int[] groups = SharedPassages.Groups(data, strata);
        int[] sizes = [.. groups.CountBy(group => group).Select(group => group.Value)];
        int sharing = sizes.Where(size => size > 1).Sum();
        if (sharing == 0) return null;
        bool canBeParted = Enumerable.Range(0, groups.Length).GroupBy(i => strata[i], StringComparer.Ordinal)
            .All(stratum => stratum.Select(i => groups[i]).Distinct().Count() >= Math.Min(folds, stratum.Count()));
        string found = FormattableString.Invariant($"{sharing} of {data.Count} examples share sentences with others of their label");
        if (canBeParted && sizes.Max() * folds <= 2 * data.Count)
        {
            logger.Tell($"{found}: those are held out together");
            return groups;
        }

        logger.Tell(
            $"{found}, too many to be held out together: the score of held-out labels is too high; give other examples with `eval`"
        );
        return null;
    }

    /// <summary>The labels of examples; of numbers their fifth.</summary>
    public static string[] Strata(FineTuningTask task, TaskData data)
    {
        if (task is not TextRegression)
            return [.. Enumerable.Range(0, data.Count).Select(i => task.SliceLabelOf(data, i) ?? "")];
        int[] rank = new int[data.Count],
            order = [.. Enumerable.Range(0, data.Count).OrderBy(i => double.Parse(task.TruthOf(data, i), CultureInfo.InvariantCulture))];
        for (int i = 0; i < order.Length; i++)
            rank[order[i]] = i;
        return [.. rank.Select(place => FormattableString.Invariant($"{(long)place * Fifths / data.Count}"))];
    }

    /// <summary>The features of some examples, numbered anew.</summary>
    public static Feature[] Take(EncodedData encoded, IReadOnlyList<int> examples)
    {
        ILookup<int, Feature> own = encoded.Features.ToLookup(feature => feature.Example);
        return [.. examples.SelectMany((example, i) => own[example].Select(feature => feature with { Example = i }))];
    }
}
