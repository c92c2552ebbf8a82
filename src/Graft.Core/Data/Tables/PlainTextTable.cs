namespace Graft.Data.Tables;

/// <summary>Plain text: one column, <c>text</c>, a row a line. Blank lines are passed over.</summary>
internal sealed class PlainTextTable(string path) : Table(path)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["text"];

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() => DataFile.Lines(Path)
        .Where(line => !string.IsNullOrWhiteSpace(line.Text))
        .Select(line => new TableRow(line.Number, [line.Text]));
}
