using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>
/// One JSON object a line. Strings are taken as they are; numbers, booleans, lists and objects as JSON text; null as nothing. Of the
/// records of <c>graft label</c> those that count.
/// </summary>
internal sealed class JsonLinesTable : Table
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    private readonly bool _isLabelLog;

    /// <summary>Reads the file once to learn its keys, the last of which may stand in its last line.</summary>
    public JsonLinesTable(string path)
        : base(path)
    {
        Encoding = DataFile.EncodingOf(path);
        foreach ((_, string text) in DataFile.Lines(path))
        {
            if (Parse(text, out _) is not { } document) continue;
            using (document)
            {
                if (_columns.Count == 0) _isLabelLog = LabelRecords.IsRecord(document.RootElement);
                foreach ((string key, _) in JsonRecord.Fields(document.RootElement)) _columns.TryAdd(key, _columns.Count);
            }
        }

        if (_columns.Count == 0)
            throw new InputException(
                $"{path}: no line is a JSON object; JSON Lines has one object a line, such as {{\"text\": \"…\", \"label\": \"…\"}}"
            );
        Columns = [.. _columns.Keys];
    }

    /// <inheritdoc/>
    public override string Format => "json-lines";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows()
    {
        IEnumerable<(long Number, string Text)> lines = DataFile.Lines(Path);
        if (_isLabelLog) lines = LabelRecords.Effective(Path, lines);
        foreach ((long number, string text) in lines)
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return Row(number, text);
        }
    }

    private TableRow Row(long number, string text)
    {
        string?[] cells = new string?[Columns.Count];
        using JsonDocument? document = Parse(text, out string? problem);
        if (document is null) return new TableRow(number, cells, problem);
        try
        {
            foreach ((string key, JsonElement value) in JsonRecord.Fields(document.RootElement))
            {
                if (_columns.TryGetValue(key, out int column)) cells[column] = JsonText.Cell(value);
            }
        }
        catch (InvalidOperationException error)
        {
            return new TableRow(number, cells, JsonText.Reason(error));
        }

        return new TableRow(number, cells);
    }

    private static JsonDocument? Parse(string text, out string? problem)
    {
        problem = null;
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            JsonDocument document = JsonText.Parse(text);
            bool isObject = document.RootElement.ValueKind == JsonValueKind.Object;
            problem = isObject
                ? null
                : $"a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()} where an object was expected";
            if (isObject)
                return document;
            document.Dispose();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            problem = JsonText.Reason(error);
        }

        return null;
    }
}
