using Graft.Tasks;
using Microsoft.Extensions.Logging;

namespace Graft.Auto;

/// <summary>
/// Which examples are held out when: folds that keep the shares of labels (of numbers those of fifths), several times over where labels are
/// few, one part where they are plenty.
/// </summary>
internal static class FoldPlan
{
    private const int Folds = 5, Plenty = 2_000, Few = 200, MostHeld = 2_000, LeastDevelopment = 200;

    /// <summary>The slots in the order in which they are run.</summary>
    /// <param name="data">The examples.</param>
    /// <param name="seed">The seed of the folds.</param>
    /// <param name="logger">Told which examples stay together.</param>
    /// <exception cref="InputException">There are too few examples.</exception>
    public static IReadOnlyList<Slot> Of(AutoData data, ulong seed, ILogger logger)
    {
        int count = data.Train.Count;
        if (data.Evaluation is { } evaluation && (evaluation.Count >= LeastDevelopment || 4 * evaluation.Count >= count))
            return [new Slot(0, [.. Enumerable.Range(0, count)], [.. Enumerable.Range(0, evaluation.Count)], FromEvaluation: true)];
        if (count < 4)
            throw new InputException($"{data.Train.Path} has {count} examples: at least 4 are needed to compare ways of learning");
        string[] strata = Tasks.Folds.Strata(data.Task, data.Train);
        int smallest = strata.CountBy(name => name, StringComparer.Ordinal).Min(group => group.Value);
        int folds = count > Plenty ? Math.Max(Folds, (count + MostHeld - 1) / MostHeld) : Math.Clamp(smallest, 2, Folds);
        int[]? groups = Tasks.Folds.Groups(data.Train, strata, folds, logger);
        if (count > Plenty)
        {
            int[] fold = Tasks.Folds.Assign(strata, folds, seed, groups);
            return [Held(0, fold, 0)];
        }

        int repeats = count < Few ? 4 : 1;
        return [.. Enumerable.Range(0, repeats).SelectMany(repeat =>
        {
            int[] fold = Tasks.Folds.Assign(strata, folds, CounterRandom.Key(seed, (ulong)repeat), groups);
            return Enumerable.Range(0, folds).Select(held => Held((repeat * folds) + held, fold, held));
        })];
    }

    private static Slot Held(int number, int[] fold, int held) =>
        new(
            number,
            [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] != held)],
            [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] == held)]
        );
}
