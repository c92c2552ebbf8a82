using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads labelled texts and pairs from CSV, TSV, JSON Lines and Parquet, gzip-compressed or not, with or without a header. Columns are found
/// by name (<c>text</c>, <c>sentence1</c>, <c>label</c>, <c>category</c> …), then by content, unless options name them.
/// </summary>
/// <example><c>LabelledTextReader.Read("train.tsv").Rows[0]</c> → <c>{ Text = "a fine film", Labels = ["positive"], Line = 2 }</c></example>
public static class LabelledTextReader
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds all.</param>
    /// <returns>The sound rows, and the bad ones by line.</returns>
    /// <exception cref="InputException">The file is missing, empty, not UTF-8, of another format, lacks a column, or has no sound row at all.</exception>
    public static LabelledTextFile Read(string path, ColumnOptions? options = null)
    {
        options ??= new ColumnOptions();
        Table table = Table.Open(path, options.HasHeader);
        ColumnMap map = ColumnMap.Find(table, options);
        List<BadRow> badRows = [];
        List<LabelledText> rows = Rows(table, map, options, badRows.Add).ToList();
        if (rows.Count == 0) throw new InputException(badRows.Count > 0 ? $"no row can be used: {badRows[0]}" : $"{path} holds no rows");
        return new LabelledTextFile(
            path,
            table.Columns[map.Text],
            map.Pair < 0 ? null : table.Columns[map.Pair],
            map.Labels.Select(column => table.Columns[column]).ToArray(),
            rows,
            badRows);
    }

    /// <summary>Reads a file of any size row by row.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds all.</param>
    /// <param name="onBadRow">Is told each bad row when it is met; null ignores them.</param>
    /// <exception cref="InputException">As <see cref="Read"/>; a broken byte only when it is reached.</exception>
    public static IEnumerable<LabelledText> Stream(string path, ColumnOptions? options = null, Action<BadRow>? onBadRow = null)
    {
        options ??= new ColumnOptions();
        Table table = Table.Open(path, options.HasHeader);
        return Rows(table, ColumnMap.Find(table, options), options, onBadRow ?? (_ => { }));
    }

    private static IEnumerable<LabelledText> Rows(Table table, ColumnMap map, ColumnOptions options, Action<BadRow> onBadRow)
    {
        foreach (TableRow row in table.Rows())
        {
            string? problem = row.Problem;
            string[] labels = problem is null ? Labels(table, map, options, row, out problem) : [];
            if (problem is null && row.Cells[map.Text] is null) problem = $"no text in column \"{table.Columns[map.Text]}\"";
            if (problem is null && map.Pair >= 0 && row.Cells[map.Pair] is null) problem = $"no text in column \"{table.Columns[map.Pair]}\"";
            if (problem is not null)
            {
                onBadRow(new BadRow(table.Path, row.Line, problem));
                continue;
            }

            yield return new LabelledText
            {
                Text = row.Cells[map.Text]!,
                Pair = map.Pair < 0 ? null : row.Cells[map.Pair],
                Labels = labels,
                Line = row.Line,
                Other = map.Other.Length == 0
                    ? LabelledText.NoColumns
                    : map.Other.ToDictionary(column => table.Columns[column], column => row.Cells[column], StringComparer.Ordinal),
            };
        }
    }

    private static string[] Labels(Table table, ColumnMap map, ColumnOptions options, TableRow row, out string? problem)
    {
        problem = null;
        if (map.Labels.Length == 0) return [];
        if (map.Labels.Length > 1)
        {
            int wrong = Array.FindIndex(map.Labels, column => row.Cells[column]?.Trim() is not ("0" or "1"));
            if (wrong < 0) return map.Labels.Where(column => row.Cells[column]!.Trim() == "1").Select(column => table.Columns[column]).ToArray();
            problem = $"column \"{table.Columns[map.Labels[wrong]]}\" holds \"{row.Cells[map.Labels[wrong]]}\" where 0 or 1 was expected";
            return [];
        }

        string label = row.Cells[map.Labels[0]]?.Trim() ?? "";
        if (options.MultiLabel) return LabelCells.Split(label);
        if (label.Length > 0) return [label];
        if (options.RequireLabel) problem = $"no label in column \"{table.Columns[map.Labels[0]]}\"";
        return [];
    }
}
