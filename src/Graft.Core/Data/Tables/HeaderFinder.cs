using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>Decides whether the first row of a separated file names the columns, by what stands below it.</summary>
internal static class HeaderFinder
{
    private const int LongestName = 60, FewLabels = 50, EnoughRows = 8;

    /// <summary>
    /// Whether the first row is a header. A cell that occurs again in a column of few values speaks against it; a name this project knows,
    /// a word above numbers or dates, an identifier such as <c>comment_text</c>, and a cell that no class below repeats speak for it.
    /// </summary>
    /// <returns>Null where both are about equally likely.</returns>
    /// <example><c>text,category</c> is a header; <c>ham TAB Ok lar...</c> is not.</example>
    public static bool? IsHeader(IReadOnlyList<string?> first, IEnumerable<IReadOnlyList<string?>> others)
    {
        List<IReadOnlyList<string?>> rows = [.. others];
        if (first.All(string.IsNullOrWhiteSpace)) return false;
        string[][] columns = [.. Enumerable.Range(0, first.Count).Select(column =>
            rows.Where(row => row.Count > column && !string.IsNullOrWhiteSpace(row[column])).Select(row => row[column]!.Trim()).ToArray())];
        // files that were joined with their headers
        if (rows.Exists(row => row.SequenceEqual(first, StringComparer.Ordinal)) && first.Any(Known))
            return true;
        if (first.Any(IsNumber))
            return IsCount(first)
                && Enumerable.Range(0, first.Count).Any(column => columns[column].Length > 0 && !columns[column].Any(IsNumber));
        bool OfFewValues(int column) =>
            columns[column].Distinct(StringComparer.Ordinal).Count() is int values
            && values <= FewLabels
            && values * 2 <= columns[column].Length;
        bool Recurs(int column) => OfFewValues(column) && columns[column].Contains(first[column]!.Trim(), StringComparer.Ordinal);
        int[] filled = [.. Enumerable.Range(0, first.Count).Where(column => !string.IsNullOrWhiteSpace(first[column]))];
        if (filled.Any(Recurs))
            return false;
        if (filled.Any(column => columns[column].Length > 0 && columns[column].All(cell => IsNumber(cell) || IsDate(cell))))
            return !filled.Any(column => IsDate(first[column]!));
        if (filled.Any(column => Known(first[column]) || IsIdentifier(first[column]!)))
            return filled.All(column => first[column]!.Length <= LongestName || first[column]!.EndsWith('?'));
        return LabelSpeaks(first, columns, filled);
    }

    /// <summary>A cell above a column of classes, each of which occurs again, while it does not.</summary>
    private static bool? LabelSpeaks(IReadOnlyList<string?> first, string[][] columns, int[] filled)
    {
        int[] labels =
        [
            .. filled.Where(column =>
            {
                int[] counts = [.. columns[column].CountBy(cell => cell, StringComparer.Ordinal).Select(count => count.Value)];
                return columns[column].Length >= EnoughRows
                    && counts.Length is >= 2 and <= FewLabels
                    && counts.Length * 3 <= columns[column].Length
                    && counts.All(count => count > 1);
            }),
        ];
        if (labels.Length == 0)
            return false;
        if (labels.Any(column => first[column]!.EndsWith('?') || first[column]!.Length > 2 * columns[column].Max(cell => cell.Length)))
            return true;
        int[] texts = [.. filled.Except(labels).Where(column => columns[column].Length > 0)];
        if (texts.Length == 0) return null;
        return texts.Any(column => Words(first[column]!) <= 3 && Words(first[column]!) * 2 <= columns[column].Average(Words)) ? true : null;
    }

    private static int Words(string cell) => cell.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private static bool Known(string? cell) => cell is not null && ColumnNames.IsKnown(cell);

    /// <summary>0, 1, 2 …: what a table without names is saved with.</summary>
    private static bool IsCount(IReadOnlyList<string?> first) =>
        first.Select((cell, i) => cell == i.ToString(CultureInfo.InvariantCulture)).All(isNext => isNext);

    /// <summary><c>comment_text</c>, <c>commentText</c>, <c>v2</c>: what programs call things, not what people write.</summary>
    private static bool IsIdentifier(string cell)
    {
        string name = cell.Trim();
        if (
            name.Length is < 2 or > LongestName
            || !char.IsLetter(name[0])
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.'))
        )
            return false;
        bool isCamel = name.Skip(1)
            .Zip(name, (c, before) => char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower(before))
            .Any(isBorder => isBorder);
        return isCamel || name[1..^1].Contains('_', StringComparison.Ordinal) || (name.Length <= 3 && char.IsAsciiDigit(name[^1]));
    }

    private static bool IsNumber(string? cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsDate(string cell) => ColumnContents.IsDate(cell);
}
