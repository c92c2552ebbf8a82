using Graft.Evaluation;

namespace Graft.Tasks;

/// <summary>A division of examples, with the score of each part.</summary>
/// <param name="Division">By what: <c>length</c>, <c>label</c>, a column's name.</param>
/// <param name="Scores">Each part's mean credit with its interval.</param>
public sealed record SlicedScores(string Division, IReadOnlyList<SliceScore> Scores);

/// <summary>Where is a model weak? Scores by length, by label, and by columns of the data.</summary>
internal static class TaskSlices
{
    private const int MostValues = 20;

    /// <summary>The divisions that there are.</summary>
    /// <param name="task">Knows an example's label.</param>
    /// <param name="data">The examples.</param>
    /// <param name="credits">How right each prediction is.</param>
    /// <param name="columns">Columns to divide by; empty: those with 2 to 20 different values.</param>
    /// <exception cref="InputException">The file has no such column.</exception>
    public static IReadOnlyList<SlicedScores> Of(
        FineTuningTask task,
        TaskData data,
        IReadOnlyList<double> credits,
        IReadOnlyList<string>? columns = null
    )
    {
        int[] lengths = [.. Enumerable.Range(0, data.Count).Select(i => Words(data.TextOf(i)))];
        List<SlicedScores> divisions = [new("length", Slices.Score(Slices.ByNumber(lengths, "words"), credits))];
        string?[] labels = [.. Enumerable.Range(0, data.Count).Select(i => task.SliceLabelOf(data, i))];
        if (Array.TrueForAll(labels, label => label is not null)) divisions.Add(new(task.SliceName, Slices.Score(labels!, credits)));
        foreach (string column in Columns(data, columns ?? []))
            divisions.Add(
                new(column, Slices.Score([.. Enumerable.Range(0, data.Count).Select(i => data.ColumnsOf(i)[column] ?? "(none)")], credits))
            );
        return [.. divisions.Where(division => division.Scores.Count > 1 || columns?.Contains(division.Division) == true)];
    }

    private static IEnumerable<string> Columns(TaskData data, IReadOnlyList<string> asked)
    {
        string[] there = [.. data.ColumnsOf(0).Keys];
        string? missing = asked.FirstOrDefault(column => !there.Contains(column));
        if (missing is not null)
            throw new InputException(
                $"{data.Path} has no column \"{missing}\" to slice by; beside texts and labels it has "
                    + $"{(there.Length == 0 ? "none" : string.Join(", ", there.Select(name => $"\"{name}\"")))}"
            );
        if (asked.Count > 0)
            return asked;
        return there.Where(column =>
            Enumerable.Range(0, data.Count).Select(i => data.ColumnsOf(i)[column]).Distinct().Take(MostValues + 1).Count()
                is >= 2
                    and <= MostValues
        );
    }

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
