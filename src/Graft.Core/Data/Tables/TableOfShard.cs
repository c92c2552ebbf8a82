namespace Graft.Data.Tables;

/// <summary>
/// A part of one or several files. What the columns are is found on the whole, so that all parts are read alike; only the part's rows are
/// given. A file that cannot be entered in its middle (compressed, UTF-16, one JSON document) belongs whole to the part that its first byte
/// is in.
/// </summary>
internal sealed class TableOfShard : Table
{
    private readonly Table _whole;
    private readonly Table[] _files;
    private readonly InputShard _shard;

    /// <param name="whole">All files as one table.</param>
    /// <param name="files">The files.</param>
    /// <param name="shard">Which part.</param>
    public TableOfShard(Table whole, Table[] files, InputShard shard)
        : base(whole.Path) => (_whole, _files, _shard, Encoding) = (whole, files, shard, whole.Encoding);

    /// <inheritdoc/>
    public override string Format => _whole.Format;

    /// <inheritdoc/>
    public override string? Delimiter => _whole.Delimiter;

    /// <inheritdoc/>
    public override bool? Header => _whole.Header;

    /// <inheritdoc/>
    public override bool HasNames => _whole.HasNames;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => _whole.Columns;

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames(int column) => _whole.ClassNames(column);

    /// <inheritdoc/>
    public override List<TableRow> Probe() => _whole.Probe();

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows()
    {
        long[] sizes = [.. _files.Select(file => new FileInfo(file.Path).Length)];
        (long from, long to) = _shard.Of(sizes.Sum());
        long start = 0;
        for (int i = 0; i < _files.Length; start += sizes[i], i++)
        {
            long first = Math.Clamp(from - start, 0, sizes[i]), end = Math.Clamp(to - start, 0, sizes[i]);
            if (first >= end) continue;
            IEnumerable<TableRow> rows = (first, end) == (0, sizes[i]) ? _files[i].Rows()
                : _files[i].CanBeCut ? _files[i].RowsOfBytes(first, end, sizes[i])
                : first == 0 ? _files[i].Rows() : [];
            foreach (TableRow row in rows) yield return row with { File = _files[i].Path };
        }
    }
}
