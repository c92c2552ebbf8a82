namespace Graft.Data.Tables;

/// <summary>
/// fastText's lines: words that begin with <c>__label__</c> are labels, the rest is the text
/// (fasttext.cc/docs/en/supervised-tutorial.html).
/// </summary>
/// <example><c>__label__sauce __label__cheese How much does it cost?</c> → text <c>How much does it cost?</c>, labels
/// <c>["sauce","cheese"]</c></example>
internal sealed class FastTextTable : Table
{
    /// <summary>What a label begins with.</summary>
    public const string Mark = "__label__";

    public FastTextTable(string path)
        : base(path) => Encoding = DataFile.EncodingOf(path);

    /// <inheritdoc/>
    public override string Format => "fasttext";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["text", "label"];

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() =>
        DataFile.Lines(Path).Where(line => !string.IsNullOrWhiteSpace(line.Text)).Select(line => Row(line.Number, line.Text));

    private static TableRow Row(long number, string line)
    {
        List<string> labels = [];
        string rest = line.Trim();
        for (string before = ""; before != rest;)
        {
            before = rest;
            if (rest.StartsWith(Mark, StringComparison.Ordinal))
                rest = Take(rest, fromStart: true, labels);
            else if (rest.LastIndexOf(' ') is >= 0 and int space && rest.AsSpan(space + 1).StartsWith(Mark, StringComparison.Ordinal))
                rest = Take(rest, fromStart: false, labels);
        }

        return new TableRow(
            number,
            [rest, labels.Count == 0 ? null : JsonText.List(labels)],
            rest.Length == 0 ? "labels without a text" : null
        );
    }

    private static string Take(string line, bool fromStart, List<string> labels)
    {
        int space = fromStart ? line.IndexOfAny([' ', '\t']) : line.LastIndexOf(' ');
        string label = (fromStart ? line[..(space < 0 ? line.Length : space)] : line[(space + 1)..])[Mark.Length..].TrimEnd(',');
        if (label.Length > 0) labels.Insert(fromStart ? labels.Count : 0, label);
        return fromStart ? (space < 0 ? "" : line[space..].Trim()) : line[..space].Trim();
    }
}
