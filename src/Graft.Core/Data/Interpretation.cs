using System.Globalization;
using System.Text.Json.Nodes;

namespace Graft.Data;

/// <summary>
/// How a file was read: what it is, which columns play which part, what its labels are, and what was left out. Printed at the start of a
/// run, kept in <c>graft.json</c>, and used again for every later file of the run.
/// </summary>
public sealed record Interpretation
{
    /// <value>The file, as it was named.</value>
    public required string Path { get; init; }

    /// <value>
    /// <c>csv</c> (any separator), <c>json-lines</c>, <c>json</c>, <c>parquet</c>, <c>conll</c>, <c>conll-u</c>, <c>squad</c>,
    /// <c>spans</c>, <c>fasttext</c> or <c>text</c>.
    /// </value>
    public required string Format { get; init; }

    /// <value><c>utf-8</c>, <c>utf-16le</c> or <c>utf-16be</c>; null for binary formats.</value>
    public string? Encoding { get; init; }

    /// <value>What separates columns; null where nothing does.</value>
    public string? Delimiter { get; init; }

    /// <value>Whether the first row names the columns; null for formats without such a row.</value>
    public bool? Header { get; init; }

    /// <value>The column of texts; null where there is none.</value>
    public string? Text { get; init; }

    /// <value>The column of second texts; null where there is none.</value>
    public string? Pair { get; init; }

    /// <value>The column of labels, or the names of several separated by commas; null where there is none.</value>
    public string? Label { get; init; }

    /// <value>The columns of 0 and 1, each a label; empty where labels stand in one column.</value>
    public IReadOnlyList<string> LabelColumns { get; init; } = [];

    /// <value>
    /// How labels stand in their cells: <c>plain</c>, <c>list</c>, <c>numbers</c>, <c>0/1 by position</c>, <c>object</c>, <c>columns</c>,
    /// or <c>separated by X</c>; null where there are none.
    /// </value>
    public string? LabelSyntax { get; init; }

    /// <value>What separates several labels in a cell; null where nothing does.</value>
    public string? LabelSeparator { get; init; }

    /// <value>What stands for a missing label besides what programs write for nothing: as was said, or -1 where it was found.</value>
    public string? MissingLabel { get; init; }

    /// <value>The names that numbered classes were given; empty where they have none.</value>
    public IReadOnlyList<string> LabelNames { get; init; } = [];

    /// <value>The scheme of tags: <c>IOB1</c>, <c>IOB2</c>, <c>BIOES</c>, <c>BILOU</c> …; null where tags mark no entities.</value>
    public string? Scheme { get; init; }

    /// <value>Whether numbered choices begin at 0 or 1; null where there are none.</value>
    public int? CountsFrom { get; init; }

    /// <value>The examples that can be used.</value>
    public long Rows { get; init; }

    /// <value>The rows that cannot, in the order of the file.</value>
    public IReadOnlyList<BadRow> LeftOut { get; init; } = [];

    /// <value>How often each label occurs: classes, labels, or types of entities; empty where there are none.</value>
    public IReadOnlyDictionary<string, long> Labels { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>One line for people: <c>CSV, `;`, header, text = remark, label = category; 24 rows, 1 left out: line 7 …</c>.</summary>
    public string Describe()
    {
        List<string> parts =
        [
            Format switch
            {
                "csv" => "CSV",
                "json-lines" => "JSON Lines",
                "json" => "JSON",
                "parquet" => "Parquet",
                "conll" => "CoNLL",
                "conll-u" => "CoNLL-U",
                "squad" => "SQuAD",
                "fasttext" => "fastText",
                _ => Format,
            },
        ];
        if (Encoding is not (null or "utf-8"))
            parts.Add(Encoding.ToUpperInvariant());
        if (Delimiter is not null)
            parts.Add(Delimiter == "\t" ? "tabs" : $"`{Delimiter}`");
        if (Header is bool header)
            parts.Add(header ? "header" : "no header");
        if (Text is not null)
            parts.Add($"text = {Text}");
        if (Pair is not null)
            parts.Add($"pair = {Pair}");
        if (Label is not null)
            parts.Add($"label = {Label}{(LabelSyntax is null or "plain" or "columns" ? "" : $" ({LabelSyntax})")}");
        if (Scheme is not null)
            parts.Add(Scheme);
        if (CountsFrom is int from)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"choices from {from}"));
        string line = string.Join(", ", parts);
        if (Rows == 0 && LeftOut.Count == 0) return line;
        line = string.Create(CultureInfo.InvariantCulture, $"{line}; {Rows:N0} {(Rows == 1 ? "row" : "rows")}");
        if (LeftOut.Count == 0) return line;
        (long first, string problem) = (LeftOut[0].Line, LeftOut[0].Problem);
        line = string.Create(CultureInfo.InvariantCulture, $"{line}, {LeftOut.Count:N0} left out: line {first}: {problem}");
        return LeftOut.Count == 1 ? line : string.Create(CultureInfo.InvariantCulture, $"{line}, and {LeftOut.Count - 1:N0} more");
    }

    /// <summary>Where this file was read differently from another, as a line; null where it was read alike.</summary>
    /// <param name="trained">How the file that a model was trained on was read.</param>
    public string? DepartureFrom(Interpretation trained)
    {
        List<string> parts = [];
        void Compare(string what, string? here, string? there)
        {
            if (here != there && there is not null) parts.Add($"{what} = {here ?? "none"} where training had {there}");
        }

        Compare("text", Text, trained.Text);
        if (Pair != trained.Pair) parts.Add($"pair = {Pair ?? "none"} where training had {trained.Pair ?? "none"}");
        if (Label is not null) Compare("label", Label, trained.Label);
        return parts.Count == 0 ? null : string.Join(", ", parts);
    }

    /// <summary>An object of <c>graft data check --json</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["path"] = Path,
        ["format"] = Format,
        ["encoding"] = Encoding,
        ["delimiter"] = Delimiter,
        ["header"] = Header,
        ["columns"] = ColumnsJson(),
        ["rows"] = Rows,
        ["left_out"] = new JsonArray([.. LeftOut.Select(row => (JsonNode?)new JsonObject { ["line"] = row.Line, ["why"] = row.Problem })]),
        ["labels"] = new JsonObject(Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)JsonValue.Create(label.Value)))),
        ["label_syntax"] = LabelSyntax,
        ["label_separator"] = LabelSeparator,
        ["missing_label"] = MissingLabel,
        ["scheme"] = Scheme,
        ["counts_from"] = CountsFrom,
    };

    /// <summary>What <c>graft.json</c> keeps as <c>data</c>: all that a later file is read by.</summary>
    public JsonObject ToRecord() => new()
    {
        ["format"] = Format,
        ["encoding"] = Encoding,
        ["delimiter"] = Delimiter,
        ["header"] = Header,
        ["columns"] = ColumnsJson(),
        ["label_columns"] = new JsonArray([.. LabelColumns.Select(name => (JsonNode?)name)]),
        ["label_syntax"] = LabelSyntax,
        ["label_separator"] = LabelSeparator,
        ["missing_label"] = MissingLabel,
        ["label_names"] = new JsonArray([.. LabelNames.Select(name => (JsonNode?)name)]),
        ["scheme"] = Scheme,
        ["counts_from"] = CountsFrom,
        ["rows"] = Rows,
        ["left_out"] = LeftOut.Count,
    };

    /// <summary>The reading that a record states; null for a record of a version that kept none.</summary>
    /// <param name="json">The value of <c>data</c>.</param>
    /// <param name="path">The training file.</param>
    public static Interpretation? FromRecord(JsonNode? json, string path) =>
        json is not JsonObject record || (string?)record["format"] is not string format
            ? null
            : new Interpretation
            {
                Path = path,
                Format = format,
                Encoding = (string?)record["encoding"],
                Delimiter = (string?)record["delimiter"],
                Header = (bool?)record["header"],
                Text = (string?)record["columns"]?["text"],
                Pair = (string?)record["columns"]?["pair"],
                Label = (string?)record["columns"]?["label"],
                LabelColumns = Names(record["label_columns"]),
                LabelSyntax = (string?)record["label_syntax"],
                LabelSeparator = (string?)record["label_separator"],
                MissingLabel = (string?)record["missing_label"],
                LabelNames = Names(record["label_names"]),
                Scheme = (string?)record["scheme"],
                CountsFrom = (int?)record["counts_from"],
                Rows = (long?)record["rows"] ?? 0,
            };

    private JsonObject ColumnsJson() => new() { ["text"] = Text, ["pair"] = Pair, ["label"] = Label };

    private static string[] Names(JsonNode? json) => json is JsonArray array ? [.. array.Select(name => (string?)name ?? "")] : [];
}
