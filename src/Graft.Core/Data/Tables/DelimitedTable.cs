using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>A CSV or TSV file, with or without a header.</summary>
internal sealed class DelimitedTable : Table
{
    private readonly char _separator;
    private readonly bool _quoting;
    private readonly bool _hasHeader;

    /// <summary>Reads the beginning of the file to learn its columns.</summary>
    public DelimitedTable(string path, char separator, bool? hasHeader)
        : base(path)
    {
        _separator = separator;
        _quoting = separator != '\t' || DelimiterFinder.QuotesFields(path, separator);
        List<TableRow> first = Records().Where(row => row.Problem is null).Take(100).ToList();
        if (first.Count == 0) throw new InputException($"{path} holds no rows");
        _hasHeader = hasHeader ?? HeaderFinder.IsHeader(first[0].Cells, first.Skip(1).Select(row => row.Cells));
        Columns = _hasHeader
            ? first[0].Cells.Select(name => name!.Trim()).ToArray()
            : Enumerable.Range(1, first[0].Cells.Length).Select(i => string.Create(CultureInfo.InvariantCulture, $"column {i}")).ToArray();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override bool HasNames => _hasHeader;

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() => Records().Skip(_hasHeader ? 1 : 0).Select(Check);

    private TableRow Check(TableRow row) => row.Problem is not null || row.Cells.Length == Columns.Count
        ? row
        : row with { Problem = string.Create(CultureInfo.InvariantCulture, $"{row.Cells.Length} columns where the first row has {Columns.Count}") };

    private IEnumerable<TableRow> Records()
    {
        using StrictUtf8Reader reader = DataFile.OpenText(Path);
        DelimitedParser parser = new(reader, _separator, _quoting);
        while (parser.Next() is { } row) yield return row;
    }
}
