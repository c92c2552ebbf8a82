using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>A file of rows and a separator, with or without a header.</summary>
internal sealed class DelimitedTable : Table
{
    private const int ProbedRows = 2000;
    private readonly char _separator;
    private readonly Quoting _quoting;
    private readonly bool _statesSeparator;
    private readonly bool _hasHeader;
    private readonly string?[] _first;
    private readonly bool _hasRowNames;

    /// <summary>
    /// Reads the whole file to learn whether its first row is a header, unless that is known; rows that are wider or narrower than the
    /// columns found are left out and listed later.
    /// </summary>
    /// <exception cref="InputException">There are no rows, or it stays open whether the first row is a header.</exception>
    public DelimitedTable(string path, char separator, ColumnOptions options)
        : base(path)
    {
        (_separator, Encoding) = (separator, DataFile.EncodingOf(path));
        _statesSeparator = DataFile.Lines(path).FirstOrDefault().Text is { } line && DelimiterFinder.Stated(line) is not null;
        _quoting = DelimiterFinder.QuotingOf(path, separator);
        using IEnumerator<TableRow> rows = Records().Where(row => row.Problem is null).GetEnumerator();
        if (!rows.MoveNext()) throw new InputException($"{path} holds no rows");
        _first = rows.Current.Cells;
        HeaderFinder finder = new(_first);
        bool? told = options.HasHeader ?? (NamesColumns(_first, options) ? true : null);
        for (int i = 0; (told is null || i < ProbedRows) && rows.MoveNext(); i++) finder.Add(rows.Current.Cells);
        _hasHeader = told
            ?? finder.IsHeader
            ?? throw new InputException(
                $"{path}: its first row ({string.Join(_separator, _first)}) may be a header or a row like the others; say "
                    + $"which with `header` yes or `header` no"
            );
        _hasRowNames = _hasHeader && finder.LacksFirstName;
        int width = _first.Length + (_hasRowNames ? 1 : 0);
        Columns = _hasHeader ? Names(_hasRowNames ? [null, .. _first] : _first) : [.. Enumerable.Range(1, width).Select(Unnamed)];
    }

    /// <inheritdoc/>
    public override string Format => "csv";

    /// <inheritdoc/>
    public override string? Delimiter => _separator.ToString();

    /// <inheritdoc/>
    public override bool? Header => _hasHeader;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override bool HasNames => _hasHeader;

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() => Records().Skip(_hasHeader ? 1 : 0).Select(Check);

    private TableRow Check(TableRow row)
    {
        if (row.Problem is not null)
            return row;
        if (_hasHeader && row.Cells.SequenceEqual(_first, StringComparer.Ordinal))
            return row with { Problem = "the header once more" };
        if (row.Cells.Length > Columns.Count && row.Cells.Skip(Columns.Count).All(string.IsNullOrEmpty))
            return row with { Cells = row.Cells[..Columns.Count] };
        return row.Cells.Length == Columns.Count
            ? row
            : row with
            {
                Problem = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row.Cells.Length} columns where the first row has {Columns.Count}"
                ),
            };
    }

    /// <summary>Whether the user, or the run the file is for, names a cell of the first row.</summary>
    private static bool NamesColumns(string?[] first, ColumnOptions options)
    {
        string?[] names =
        [
            options.Text,
            options.Pair,
            options.Label,
            options.Negative,
            .. options.LabelColumns,
            options.Trained?.Text,
            options.Trained?.Label,
        ];
        return names.Any(name =>
            !string.IsNullOrWhiteSpace(name) && first.Any(cell => string.Equals(cell?.Trim(), name, StringComparison.OrdinalIgnoreCase))
        );
    }

    /// <summary>
    /// The header's names; columns without one are called by their number, later ones of the same name get theirs behind it.
    /// </summary>
    private static string[] Names(IReadOnlyList<string?> cells)
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        return [.. cells.Select((cell, i) =>
        {
            string name = string.IsNullOrWhiteSpace(cell) ? Unnamed(i + 1) : cell.Trim();
            return taken.Add(name) ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({i + 1})");
        })];
    }

    private static string Unnamed(int number) => string.Create(CultureInfo.InvariantCulture, $"column {number}");

    private IEnumerable<TableRow> Records()
    {
        using StrictUtf8Reader reader = DataFile.OpenText(Path);
        if (_statesSeparator) reader.ReadLine();
        DelimitedParser parser = new(reader, _separator, _quoting, Path);
        while (parser.Next() is { } row) yield return _statesSeparator ? row with { Line = row.Line + 1 } : row;
    }
}
