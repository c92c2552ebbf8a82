using System.Globalization;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads labelled texts and pairs from tables with any separator, JSON (lists, records under a key, a record a line), Parquet and
/// fastText's lines, gzip-compressed or not, with or without a header. Columns are found by name (<c>text</c>, <c>sentence1</c>,
/// <c>label</c>, <c>category</c> …), then by content, unless options name them; how labels are written is judged over the whole column.
/// </summary>
/// <example>
/// <c>LabelledTextReader.Read("train.tsv").Rows[0]</c> → <c>{ Text = "a fine film", Labels = ["positive"], Line = 2 }</c>
/// </example>
public static class LabelledTextReader
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds all.</param>
    /// <returns>The sound rows, the others by line, and how the file was read.</returns>
    /// <exception cref="InputException">The file is missing, empty, no text, of another format, lacks a column, has two equally likely
    /// readings, or no sound row at all.</exception>
    public static LabelledTextFile Read(string path, ColumnOptions? options = null)
    {
        options ??= new ColumnOptions();
        Table table = Table.Open(path, options);
        ColumnMap map = ColumnMap.Find(table, options);
        List<RawRow> raw = [.. RawRows(table, map)];
        bool areFlags = map.Labels.Length > 1 || (map.Labels.Length == 1 && options.LabelColumns.Count > 0);
        LabelColumn? labels =
            map.Labels.Length == 0 || areFlags
                ? null
                : new LabelColumn(
                    path,
                    table.Columns[map.Labels[0]],
                    [.. raw.Where(row => row.Cells.Problem is null).Select(row => (row.Cells.Line, row.Cells.Cells[map.Labels[0]]))],
                    options,
                    table.ClassNames(map.Labels[0]),
                    IsGold(table, map)
                );
        List<BadRow> badRows = [];
        List<LabelledText> rows = [];
        foreach (RawRow row in raw)
        {
            if (Sound(table, map, options, labels, row, badRows.Add) is { } sound) rows.Add(sound);
        }

        Interpretation interpretation = Describe(table, map, labels, areFlags) with
        {
            Rows = rows.Count,
            LeftOut = badRows,
            Labels =
                options.Answer != AnswerKind.Class
                    ? []
                    : rows.SelectMany(row => row.Labels)
                        .CountBy(label => label, StringComparer.Ordinal)
                        .ToDictionary(count => count.Key, count => (long)count.Value, StringComparer.Ordinal),
        };
        if (rows.Count == 0) throw new InputException(badRows.Count > 0 ? $"no row can be used: {badRows[0]}" : $"{path} holds no rows");
        return new LabelledTextFile(
            path,
            table.Columns[map.Text],
            map.Pair < 0 ? null : table.Columns[map.Pair],
            map.Labels.Select(column => table.Columns[column]).ToArray(),
            rows,
            badRows,
            interpretation);
    }

    /// <summary>Reads a file of any size row by row, without its labels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds all.</param>
    /// <param name="onBadRow">Is told each bad row when it is met; null ignores them.</param>
    /// <param name="onRead">Is told at once how the file is read.</param>
    /// <exception cref="InputException">As <see cref="Read"/>; a broken byte only when it is reached.</exception>
    public static IEnumerable<LabelledText> Stream(
        string path,
        ColumnOptions? options = null,
        Action<BadRow>? onBadRow = null,
        Action<Interpretation>? onRead = null
    )
    {
        options = (options ?? new ColumnOptions()) with { RequireLabel = false };
        Table table = Table.Open(path, options);
        ColumnMap map = ColumnMap.Find(table, options);
        onRead?.Invoke(Describe(table, map, null, false));
        onBadRow ??= _ => { };
        map = map with { Labels = [] };
        return RawRows(table, map).Select(row => Sound(table, map, options, null, row, onBadRow)).OfType<LabelledText>();
    }

    private static IEnumerable<RawRow> RawRows(Table table, ColumnMap map)
    {
        int id =
            Array.Find(map.Other, column => ColumnNames.Id.Contains(table.Columns[column], StringComparer.OrdinalIgnoreCase)) is var found
            && map.Other.Contains(found)
            && ColumnNames.Id.Contains(table.Columns[found], StringComparer.OrdinalIgnoreCase)
                ? found
                : -1;
        long number = 0;
        foreach (TableRow row in table.Rows())
            yield return new RawRow(row, ++number, id >= 0 && id < row.Cells.Length ? row.Cells[id] : null);
    }

    /// <summary>The row as an example; null where it cannot be used and was reported.</summary>
    private static LabelledText? Sound(
        Table table,
        ColumnMap map,
        ColumnOptions options,
        LabelColumn? column,
        RawRow raw,
        Action<BadRow> onBadRow
    )
    {
        TableRow row = raw.Cells;
        string? problem = row.Problem;
        RowLabels labels = RowLabels.None;
        if (problem is null && options.RequireLabel && ProdigyRecords.AnswerOf(table) is >= 0 and int answer)
            problem = ProdigyRecords.Refusal(row.Cells[answer]);
        if (problem is null && map.Labels.Length > 0)
        {
            labels = column is null ? Flags(table, map, options, row) : column.Read(row.Cells[map.Labels[0]]);
            if (labels.IsMissing && !options.RequireLabel) labels = RowLabels.None;
            problem = labels.Problem;
        }

        if (row.Problem is null && row.Cells[map.Text] is null)
            problem = $"no text in column \"{table.Columns[map.Text]}\"";
        else if (row.Problem is null && map.Pair >= 0 && row.Cells[map.Pair] is null)
            problem = $"no text in column \"{table.Columns[map.Pair]}\"";
        else if (row.Problem is null && options.CountBlankLines && string.IsNullOrWhiteSpace(row.Cells[map.Text]))
            problem = "the text is blank";
        if (problem is not null)
        {
            onBadRow(
                new BadRow(row.File ?? table.Path, row.Line, problem)
                {
                    Row = raw.Number,
                    Id = raw.Id,
                    LacksLabel = labels.IsMissing && problem == labels.Problem,
                }
            );
            return null;
        }

        return new LabelledText
        {
            Text = row.Cells[map.Text]!,
            Pair = map.Pair < 0 ? null : row.Cells[map.Pair],
            Labels = labels.Labels,
            Line = row.Line,
            Row = raw.Number,
            Id = raw.Id,
            Other = map.Other.Length == 0 ? LabelledText.NoColumns : Others(table, map, row),
        };
    }

    private static Dictionary<string, string?> Others(Table table, ColumnMap map, TableRow row)
    {
        Dictionary<string, string?> others = new(map.Other.Length, StringComparer.Ordinal);
        foreach (int column in map.Other) others.TryAdd(table.Columns[column], row.Cells[column]);
        return others;
    }

    /// <summary>The labels of columns of 0 and 1.</summary>
    private static RowLabels Flags(Table table, ColumnMap map, ColumnOptions options, TableRow row)
    {
        List<string> labels = [];
        foreach (int column in map.Labels)
        {
            string? cell = row.Cells[column];
            if (LabelCells.IsMissing(cell))
                return RowLabels.Missing(table.Columns[column]);
            if (LabelCells.Flag(cell!) is not bool flag)
                return new RowLabels([], $"column \"{table.Columns[column]}\" holds \"{cell}\" where 0 or 1 was expected");
            if (flag)
                labels.Add(table.Columns[column]);
        }

        return options.MultiLabel || labels.Count == 1
            ? new RowLabels([.. labels])
            : new RowLabels(
                [],
                string.Create(CultureInfo.InvariantCulture, $"{labels.Count} of the label columns hold 1 where the task takes one")
            );
    }

    private static bool IsGold(Table table, ColumnMap map) =>
        map.Pair >= 0 || table.Columns[map.Labels[0]].StartsWith("gold", StringComparison.OrdinalIgnoreCase);

    private static Interpretation Describe(Table table, ColumnMap map, LabelColumn? labels, bool areFlags) => new()
    {
        Path = table.Path,
        Format = table.Format,
        Encoding = table.Encoding,
        Delimiter = table.Delimiter,
        Header = table.Header,
        Text = table.Columns[map.Text],
        Pair = map.Pair < 0 ? null : table.Columns[map.Pair],
        Label = map.Labels.Length == 0 ? null : string.Join(',', map.Labels.Select(column => table.Columns[column])),
        LabelColumns = areFlags ? [.. map.Labels.Select(column => table.Columns[column])] : [],
        LabelSyntax = areFlags ? "columns" : labels?.Syntax,
        LabelSeparator = labels?.Separator,
        MissingLabel = labels?.Missing,
        LabelNames = labels?.UsedNames ?? [],
    };

    private readonly record struct RawRow(TableRow Cells, long Number, string? Id);
}
