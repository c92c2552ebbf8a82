using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>One JSON object a line. Strings are taken as they are; numbers, booleans, lists and objects as JSON text; null as nothing.</summary>
internal sealed class JsonLinesTable : Table
{
    private const int ProbedLines = 100;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    /// <summary>Reads the first lines to learn the keys.</summary>
    public JsonLinesTable(string path)
        : base(path)
    {
        foreach ((_, string text) in DataFile.Lines(path).Take(ProbedLines))
        {
            if (Parse(text, out _) is not { } document) continue;
            using (document)
            {
                foreach (JsonProperty property in document.RootElement.EnumerateObject()) _columns.TryAdd(property.Name, _columns.Count);
            }
        }

        if (_columns.Count == 0) throw new InputException($"{path}: no line is a JSON object; JSON Lines has one object a line, such as {{\"text\": \"…\", \"label\": \"…\"}}");
        Columns = [.. _columns.Keys];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows()
    {
        foreach ((long number, string text) in DataFile.Lines(Path))
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return Row(number, text);
        }
    }

    private TableRow Row(long number, string text)
    {
        string?[] cells = new string?[Columns.Count];
        using JsonDocument? document = Parse(text, out string? problem);
        if (document is null) return new TableRow(number, cells, problem);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (_columns.TryGetValue(property.Name, out int column)) cells[column] = Cell(property.Value);
        }

        return new TableRow(number, cells);
    }

    private static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static JsonDocument? Parse(string text, out string? problem)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(text);
            bool isObject = document.RootElement.ValueKind == JsonValueKind.Object;
            problem = isObject ? null : $"a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()} where an object was expected";
            if (isObject) return document;
            document.Dispose();
        }
        catch (JsonException error)
        {
            problem = $"not JSON: {FirstSentence(error.Message)}";
        }
        catch (InvalidOperationException)
        {
            problem = "not JSON text: an escaped half of a surrogate pair";
        }

        return null;
    }

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
