namespace Graft.Data.Tables;

/// <summary>Plain text: one column, <c>text</c>, a row a line.</summary>
internal sealed class PlainTextTable : Table
{
    private readonly bool _countBlankLines;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="countBlankLines">Whether a blank line is a row, which then cannot be used; otherwise they are passed over.</param>
    public PlainTextTable(string path, bool countBlankLines)
        : base(path) => (_countBlankLines, Encoding) = (countBlankLines, DataFile.EncodingOf(path));

    /// <inheritdoc/>
    public override string Format => "text";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["text"];

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() => DataFile.Lines(Path)
        .Where(line => _countBlankLines || !string.IsNullOrWhiteSpace(line.Text))
        .Select(line => new TableRow(line.Number, [line.Text]));
}
