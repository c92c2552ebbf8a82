using Graft.Data;

namespace Graft.Tasks.SequenceClassification;

/// <summary>Texts or pairs of texts.</summary>
internal sealed record TextData(string Path, IReadOnlyList<LabelledText> Rows, IReadOnlyList<BadRow> BadRows) : TaskData(Path, BadRows)
{
    /// <summary>Texts in memory.</summary>
    internal static TextData Of(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new("text", [.. texts.Select((text, i) => new LabelledText { Text = text.Text, Pair = text.Pair, Line = i + 1, Row = i + 1 })], []);

    /// <summary>The texts of a file, a part at a time, without their labels.</summary>
    internal static IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        Parts(LabelledTextReader.Stream, path, columns, examples, onBadRow, (rows, read) =>
            new TextData(path, [.. rows.Select(row => row with { Labels = [] })], []) { Reading = read }
        );

    /// <inheritdoc/>
    public override int Count => Rows.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => Rows[example].Pair is string pair ? $"{Rows[example].Text} ⏐ {pair}" : Rows[example].Text;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string?> ColumnsOf(int example) => Rows[example].Other;

    /// <inheritdoc/>
    public override string FirstTextOf(int example) => Rows[example].Text;

    /// <inheritdoc/>
    public override string? PairOf(int example) => Rows[example].Pair;

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Rows[example].Line}";

    /// <inheritdoc/>
    public override long RowOf(int example) => Rows[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Rows[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Rows = [.. examples.Select(i => Rows[i])] };
}
