using System.Globalization;

namespace Graft.Evaluation;

/// <summary>The score of a part of the examples.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Score">The mean score with its interval.</param>
public sealed record SliceScore(string Name, int Count, ScoreInterval Score);

/// <summary>Scores by slice: where is a model weak?</summary>
internal static class Slices
{
    /// <summary>
    /// The mean score of each slice, with a bootstrap interval; slices in the order of the number they begin with, then of their names.
    /// </summary>
    /// <param name="slices">The slice of each example.</param>
    /// <param name="scores">The score of each example: 1 where right and 0 where wrong, or an F1.</param>
    /// <param name="seed">The same seed draws the same resamples.</param>
    public static IReadOnlyList<SliceScore> Score(IReadOnlyList<string> slices, IReadOnlyList<double> scores, ulong seed = 0) =>
        Enumerable
            .Range(0, slices.Count)
            .GroupBy(i => slices[i], StringComparer.Ordinal)
            .OrderBy(group => LeadingNumber(group.Key))
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new SliceScore(group.Key, group.Count(), Bootstrap.Mean(group.Select(i => scores[i]).ToArray(), seed)))
            .ToArray();

    /// <summary>Slices of about equally many examples by a number such as the length.</summary>
    /// <param name="values">The number of each example.</param>
    /// <param name="unit">What it counts: <c>words</c>.</param>
    /// <param name="parts">How many slices, fewer where many values are equal.</param>
    /// <example>lengths 3, 9, 4, 30 in two parts → "3–4 words", "9–30 words", "3–4 words", "9–30 words"</example>
    public static IReadOnlyList<string> ByNumber(IReadOnlyList<int> values, string unit, int parts = 4)
    {
        int[] sorted = values.Order().ToArray();
        int[] starts = Enumerable.Range(0, parts).Select(part => sorted[part * sorted.Length / parts]).Distinct().ToArray();
        string[] names = starts
            .Select((start, i) => Range(start, i + 1 < starts.Length ? sorted.Last(value => value < starts[i + 1]) : sorted[^1], unit))
            .ToArray();
        return values.Select(value => names[Array.FindLastIndex(starts, start => start <= value)]).ToArray();
    }

    private static long LeadingNumber(string name)
    {
        int digits = name.TakeWhile(char.IsAsciiDigit).Count();
        return long.TryParse(name.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : long.MaxValue;
    }

    private static string Range(int first, int last, string unit) => first == last
        ? string.Create(CultureInfo.InvariantCulture, $"{first} {unit}")
        : string.Create(CultureInfo.InvariantCulture, $"{first}–{last} {unit}");
}
