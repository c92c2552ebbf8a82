namespace Graft.Data.Tables;

/// <summary>
/// Rows and named columns of a file, whatever its format. Opening reads only what is needed to know the columns; rows are streamed, and
/// can be enumerated again.
/// </summary>
internal abstract class Table(string path)
{
    private const int ProbeRows = 20_000;

    /// <summary>The file, as the user named it.</summary>
    public string Path { get; } = path;

    /// <summary>What the file is: <c>csv</c>, <c>json-lines</c>, <c>json</c>, <c>parquet</c>, <c>fasttext</c>, <c>text</c>.</summary>
    public abstract string Format { get; }

    /// <summary>How its text is encoded; null for a binary format.</summary>
    public string? Encoding { get; protected init; }

    /// <summary>What separates columns; null where nothing does.</summary>
    public virtual string? Delimiter => null;

    /// <summary>Whether the first row names the columns; null for formats without such a row.</summary>
    public virtual bool? Header => null;

    /// <summary>Column names; <c>column 1</c>, <c>column 2</c> … when the file names none.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>False when the columns have no names of their own, so that contents alone tell what they are.</summary>
    public virtual bool HasNames => true;

    /// <summary>The names of a column's numbered classes, where the file's metadata has them; null otherwise.</summary>
    public virtual IReadOnlyList<string>? ClassNames(int column) => null;

    /// <summary>
    /// Rows from the whole file, for finding the columns by content: all of them, or so many at equal distances where there are more.
    /// </summary>
    public virtual List<TableRow> Probe()
    {
        List<TableRow> kept = [];
        long number = 0,
            distance = 1;
        foreach (TableRow row in Rows().Where(row => row.Problem is null))
        {
            if (number++ % distance != 0) continue;
            if (kept.Count == ProbeRows)
            {
                kept = [.. kept.Where((_, i) => i % 2 == 0)];
                distance *= 2;
                if ((number - 1) % distance != 0) continue;
            }

            kept.Add(row);
        }

        return kept;
    }

    /// <summary>All rows in order, the unusable ones with their problem.</summary>
    public abstract IEnumerable<TableRow> Rows();

    /// <summary>
    /// Whether a stretch of the file can be read without the rest; not of one document, nor where bytes do not tell lines.
    /// </summary>
    public virtual bool CanBeCut => Encoding == "utf-8" && !DataFile.IsCompressed(Path) && DataFile.HasLineFeed(Path);

    /// <summary>
    /// The rows that begin in a stretch of the file. What is before it is read too, so that lines and quotes are what they are in the
    /// whole.
    /// </summary>
    /// <param name="from">The first byte.</param>
    /// <param name="to">The first byte behind it.</param>
    /// <param name="size">The bytes of the file.</param>
    public virtual IEnumerable<TableRow> RowsOfBytes(long from, long to, long size)
    {
        (long first, long end) = (DataFile.LinesBefore(Path, from), to >= size ? long.MaxValue : DataFile.LinesBefore(Path, to));
        return Rows().SkipWhile(row => row.Line <= first).TakeWhile(row => row.Line <= end);
    }

    /// <summary>
    /// Opens a file, a folder of shards or a pattern that names some (<c>data/train-*.parquet</c>); the content decides what it is.
    /// </summary>
    /// <param name="path">The file, possibly gzip-compressed.</param>
    /// <param name="options">What the user says about it; null: nothing.</param>
    /// <exception cref="InputException">The file cannot be read as any format.</exception>
    public static Table Open(string path, ColumnOptions? options = null)
    {
        options ??= new ColumnOptions();
        IReadOnlyList<string> shards = Shards.Of(path, options.Part);
        if (options.Shard is InputShard part)
        {
            Table[] files = [.. shards.Select(file => OpenFile(file, file, options))];
            return new TableOfShard(new ShardedTable(path, files), files, part);
        }

        return shards.Count == 1
            ? OpenFile(shards[0], path, options)
            : new ShardedTable(path, [.. shards.Select(shard => OpenFile(shard, shard, options))]);
    }

    private static Table OpenFile(string file, string path, ColumnOptions options)
    {
        if (file != path) return new ShardedTable(path, [OpenFile(file, file, options)]);
        (TableFormat format, char? separator) = TableFormats.Detect(path, options);
        return format switch
        {
            TableFormat.Parquet when ParquetSupport.IsSupported => new ParquetTable(path),
            TableFormat.Parquet => throw ParquetSupport.Refusal(path),
            TableFormat.JsonLines => new JsonLinesTable(path),
            TableFormat.Json => new JsonTable(path),
            TableFormat.FastText => new FastTextTable(path),
            TableFormat.PlainText => new PlainTextTable(path, options.CountBlankLines),
            _ => new DelimitedTable(path, separator!.Value, options),
        };
    }
}
