namespace Graft.Data.Tables;

/// <summary>
/// Rows and named columns of a file, whatever its format. Opening reads only what is needed to know the columns; rows are streamed, and
/// can be enumerated again.
/// </summary>
internal abstract class Table(string path)
{
    private const int ProbeRows = 500;

    /// <summary>The file, as the user named it.</summary>
    public string Path { get; } = path;

    /// <summary>Column names; <c>column 1</c>, <c>column 2</c> … when the file names none.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>False when the columns have no names of their own, so that contents alone tell what they are.</summary>
    public virtual bool HasNames => true;

    /// <summary>The first rows, for finding the columns by content.</summary>
    public List<TableRow> Probe() => Rows().Where(row => row.Problem is null).Take(ProbeRows).ToList();

    /// <summary>All rows in order, the unusable ones with their problem.</summary>
    public abstract IEnumerable<TableRow> Rows();

    /// <summary>Opens a CSV, TSV, JSON Lines, Parquet or plain text file; the content decides where the extension does not.</summary>
    /// <param name="path">The file, possibly gzip-compressed.</param>
    /// <param name="hasHeader">True or false when known; null finds out (CSV and TSV only).</param>
    /// <exception cref="InputException">The file cannot be read as any of them.</exception>
    public static Table Open(string path, bool? hasHeader = null) => TableFormats.Detect(path) switch
    {
        TableFormat.Parquet when ParquetSupport.IsSupported => new ParquetTable(path),
        TableFormat.Parquet => throw ParquetSupport.Refusal(path),
        TableFormat.JsonLines => new JsonLinesTable(path),
        TableFormat.PlainText => new PlainTextTable(path),
        TableFormat.TabSeparated => new DelimitedTable(path, '\t', hasHeader),
        _ => new DelimitedTable(path, DelimiterFinder.Find(path), hasHeader),
    };
}
