namespace Graft.Data.Tables;

/// <summary>Files with the same columns, one behind the other; rows are counted on.</summary>
internal sealed class ShardedTable : Table
{
    private readonly Table[] _shards;

    /// <exception cref="InputException">Two shards have different columns.</exception>
    public ShardedTable(string path, Table[] shards)
        : base(path)
    {
        _shards = shards;
        Encoding = shards[0].Encoding;
        foreach (Table shard in shards)
        {
            if (!shard.Columns.SequenceEqual(shards[0].Columns, StringComparer.Ordinal))
                throw new InputException(
                    $"{shard.Path} has the columns {string.Join(", ", shard.Columns)} where {shards[0].Path} has "
                        + $"{string.Join(", ", shards[0].Columns)}: they are no parts of one file"
                );
        }
    }

    /// <inheritdoc/>
    public override string Format => _shards[0].Format;

    /// <inheritdoc/>
    public override string? Delimiter => _shards[0].Delimiter;

    /// <inheritdoc/>
    public override bool? Header => _shards[0].Header;

    /// <inheritdoc/>
    public override bool HasNames => _shards[0].HasNames;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => _shards[0].Columns;

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames(int column) => _shards[0].ClassNames(column);

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows()
    {
        long before = 0;
        foreach (Table shard in _shards)
        {
            long last = 0;
            foreach (TableRow row in shard.Rows())
            {
                last = row.Line;
                yield return row with { Line = before + row.Line };
            }

            before += last;
        }
    }
}
