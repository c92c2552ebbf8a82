using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>Judges columns by what stands in their first rows, for files whose names say nothing.</summary>
internal sealed class ColumnContents(Table table)
{
    private const double ShortestTextShare = 0.15;
    private const int AlwaysFewLabels = 10;

    private readonly Lazy<string?[][]> _columns = new(() => Transpose(table));

    /// <summary>The column with the longest cells; −1 when all are taken.</summary>
    public int LongestText(IReadOnlySet<int> taken) => Free(taken).OrderByDescending(MeanLength).FirstOrDefault(-1);

    /// <summary>Another column of texts: not much shorter than the first, several words, mostly different. −1 when there is none.</summary>
    public int SecondText(int text, IReadOnlySet<int> taken) => text < 0
        ? -1
        : Free(taken)
            .Where(column => column != text && MeanLength(column) >= ShortestTextShare * MeanLength(text) && IsText(column))
            .OrderByDescending(MeanLength)
            .FirstOrDefault(-1);

    /// <summary>
    /// The column that looks most like labels: a value in every row, repeated ones or numbers with a fraction; numbers before words, then the
    /// fewest different values. −1 when there is none.
    /// </summary>
    public int Label(IReadOnlySet<int> taken) => Free(taken)
        .Where(IsLabel)
        .OrderByDescending(column => Distinct(column) > 1)
        .ThenByDescending(IsNumeric)
        .ThenBy(Distinct)
        .FirstOrDefault(-1);

    /// <summary>The columns that hold nothing but 0 and 1.</summary>
    public int[] Indicators(IReadOnlySet<int> taken) => Free(taken).Where(column => Cells(column).All(cell => cell is "0" or "1")).ToArray();

    private static string?[][] Transpose(Table table)
    {
        List<TableRow> rows = table.Probe();
        return Enumerable.Range(0, table.Columns.Count).Select(column => rows.Select(row => row.Cells[column]).ToArray()).ToArray();
    }

    private string?[] Cells(int column) => _columns.Value[column];

    private IEnumerable<int> Free(IReadOnlySet<int> taken) => Enumerable.Range(0, table.Columns.Count).Where(column => !taken.Contains(column));

    private double MeanLength(int column) => Cells(column).Select(cell => (double)(cell?.Length ?? 0)).DefaultIfEmpty().Average();

    private int Distinct(int column) => Cells(column).Distinct(StringComparer.Ordinal).Count();

    private bool IsNumeric(int column) => Cells(column).All(cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));

    private bool IsText(int column)
    {
        string?[] cells = Cells(column);
        return cells.Count(cell => cell?.Trim().Contains(' ', StringComparison.Ordinal) == true) > cells.Length / 2
            && Distinct(column) > cells.Length / 4;
    }

    private bool IsLabel(int column)
    {
        string?[] cells = Cells(column);
        bool complete = cells.Length > 0 && cells.All(cell => !string.IsNullOrWhiteSpace(cell));
        bool repeats = Distinct(column) <= Math.Max(AlwaysFewLabels, cells.Length / 2);
        return complete && (repeats || (IsNumeric(column) && cells.Any(cell => cell!.Contains('.', StringComparison.Ordinal))));
    }
}
