using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>Judges columns by what stands in their rows, for files whose names say nothing.</summary>
internal sealed class ColumnContents(Table table)
{
    private const double ShortestTextShare = 0.15, RivalTextShare = 0.5, PhraseBlanks = 1.5;
    private const int AlwaysFewLabels = 10, ManyLabels = 500;
    private static readonly string[] s_dates = ["yyyy-M-d", "yyyy/M/d", "d.M.yyyy", "M/d/yyyy", "d/M/yyyy", "yyyyMMdd"];

    private readonly Lazy<string?[][]> _columns = new(() => Transpose(table));

    /// <summary>A day, with or without a time behind it.</summary>
    public static bool IsDate(string cell)
    {
        string day = cell.Trim().Split(' ', 'T')[0];
        return day.Length is >= 8 and <= 10
            && DateTime.TryParseExact(day, s_dates, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && day.Any(c => !char.IsAsciiDigit(c));
    }

    /// <summary>
    /// The column with the longest cells, and another of texts that are not much shorter, where there is one; −1 for none.
    /// </summary>
    public (int Text, int Rival) LongestText(IReadOnlySet<int> taken)
    {
        int text = Free(taken).Where(column => !IsEmpty(column)).OrderByDescending(MeanLength).FirstOrDefault(-1);
        int rival =
            text < 0
                ? -1
                : Free(taken)
                    .FirstOrDefault(
                        column => column != text && MeanLength(column) >= RivalTextShare * MeanLength(text) && IsText(column),
                        -1
                    );
        return (text, rival);
    }

    /// <summary>Another column of texts: not much shorter than the first, several words, mostly different. −1 when there is none.</summary>
    public int SecondText(int text, IReadOnlySet<int> taken) => text < 0
        ? -1
        : Free(taken)
            .Where(column => column != text && MeanLength(column) >= ShortestTextShare * MeanLength(text) && IsText(column))
            .OrderByDescending(MeanLength)
            .FirstOrDefault(-1);

    /// <summary>
    /// The columns that look like labels, the likeliest first, with their rank: columns that look alike have the same. Classes that are
    /// words go before numbers, whole numbers before codes, these before whole phrases, and names such as <c>lang</c> and <c>…_id</c>
    /// stand last.
    /// </summary>
    public IReadOnlyList<(int Column, int Rank)> Labels(IReadOnlySet<int> taken) => [.. Free(taken)
        .Where(LooksLikeLabels)
        .Select(column => (column, Rank: Rank(column)))
        .OrderBy(found => found.Rank).ThenBy(found => Distinct(found.column))];

    /// <summary>The column of numbers that looks most like scores: with a fraction before whole; −1 when there is none.</summary>
    public int Number(IReadOnlySet<int> taken) => Free(taken)
        .Where(column => Filled(column) is { Length: > 0 } cells && cells.All(IsNumber) && !IsCounter(column))
        .OrderBy(column => table.HasNames && ColumnNames.IsAside(table.Columns[column]))
        .ThenByDescending(column => Filled(column).Any(cell => cell.Contains('.', StringComparison.Ordinal)))
        .FirstOrDefault(-1);

    /// <summary>The columns that hold nothing but 0 and 1, in any of the ways these are written.</summary>
    public int[] Indicators(IReadOnlySet<int> taken) =>
        [.. Free(taken).Where(column => Filled(column) is { Length: > 0 } cells && cells.All(cell => LabelCells.Flag(cell) is not null))];

    /// <summary>How many different values a column has.</summary>
    public int Distinct(int column) => Filled(column).Distinct(StringComparer.Ordinal).Count();

    /// <summary>True where most cells are several words and few occur twice.</summary>
    public bool IsText(int column)
    {
        string[] cells = Filled(column);
        return cells.Count(cell => cell.Contains(' ', StringComparison.Ordinal)) > cells.Length / 2 && Distinct(column) > cells.Length / 4;
    }

    /// <summary>True where every cell that says something is a number with a fraction or a list of answers.</summary>
    public bool HasFractions(int column) =>
        Filled(column) is { Length: > 0 } cells
        && cells.All(IsNumber)
        && cells.Any(cell => cell.Contains('.', StringComparison.Ordinal) && LabelCells.Whole(cell) == cell);

    private static string?[][] Transpose(Table table)
    {
        List<TableRow> rows = table.Probe();
        return Enumerable.Range(0, table.Columns.Count).Select(column => rows.Select(row => row.Cells[column]).ToArray()).ToArray();
    }

    private string[] Filled(int column) =>
        [.. _columns.Value[column].Where(cell => !LabelCells.IsMissing(cell)).Select(cell => cell!.Trim())];

    private IEnumerable<int> Free(IReadOnlySet<int> taken) =>
        Enumerable.Range(0, table.Columns.Count).Where(column => !taken.Contains(column));

    private bool IsEmpty(int column) => Filled(column).Length == 0;

    private double MeanLength(int column) => _columns.Value[column].Select(cell => (double)(cell?.Length ?? 0)).DefaultIfEmpty().Average();

    private static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    /// <summary>Whole numbers that never occur twice: ids, row numbers.</summary>
    private bool IsCounter(int column) =>
        Filled(column) is { Length: > AlwaysFewLabels } cells
        && cells.All(cell => long.TryParse(cell, NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
        && Distinct(column) == cells.Length;

    /// <summary>Most rows have a value, few values occur only once, and it is no date and no number with a fraction.</summary>
    private bool LooksLikeLabels(int column)
    {
        string[] cells = Filled(column);
        int distinct = Distinct(column),
            rows = _columns.Value[column].Length;
        if (
            cells.Length * 2 < rows
            || cells.Length == 0
            || cells.All(IsDate)
            || HasFractions(column)
            || (IsText(column) && distinct == cells.Length)
        )
            return false;
        return distinct <= Math.Max(AlwaysFewLabels, Math.Min(ManyLabels, cells.Length / 2))
            && !(rows > AlwaysFewLabels && distinct == cells.Length);
    }

    private int Rank(int column)
    {
        string[] cells = Filled(column);
        int rank = cells.All(IsNumber) ? 1 : cells.All(cell => cell.Any(char.IsAsciiDigit)) ? 2 : 0;
        if (rank == 0 && cells.Average(cell => cell.Count(c => c == ' ')) >= PhraseBlanks) rank = 3;
        if (table.HasNames && ColumnNames.IsAside(table.Columns[column])) rank += 4;
        return Distinct(column) < 2 ? rank + 8 : rank;
    }
}
