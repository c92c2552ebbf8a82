using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>Decides whether the first row of a separated file names the columns.</summary>
internal static class HeaderFinder
{
    private const int LongestName = 40;

    /// <summary>
    /// A header has short, different, non-numeric cells, and either a name this project knows (<c>text</c>, <c>label</c> …) or a word above a
    /// column of numbers.
    /// </summary>
    /// <example><c>text,category</c> is a header; <c>ham TAB Ok lar...</c> is not.</example>
    public static bool IsHeader(IReadOnlyList<string?> first, IEnumerable<IReadOnlyList<string?>> others)
    {
        if (!first.All(IsName) || first.Distinct(StringComparer.OrdinalIgnoreCase).Count() < first.Count) return false;
        if (first.Any(name => ColumnNames.IsKnown(name!))) return true;
        List<IReadOnlyList<string?>> rows = others.Where(row => row.Count == first.Count).ToList();
        return rows.Count > 0 && Enumerable.Range(0, first.Count).Any(column => rows.TrueForAll(row => IsNumber(row[column])));
    }

    private static bool IsName(string? cell) =>
        !string.IsNullOrWhiteSpace(cell) && cell.Length <= LongestName && !IsNumber(cell) && cell.AsSpan().Trim().Count(' ') <= 2;

    private static bool IsNumber(string? cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
