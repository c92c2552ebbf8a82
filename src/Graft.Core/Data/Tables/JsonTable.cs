using System.Globalization;
using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>
/// A JSON document of records: a list of objects, a list under a key (<c>data</c>, <c>rows</c> …), objects one behind the other over
/// several lines, or a table as pandas writes it (by column, by row, or as <c>columns</c> and <c>data</c>). Read whole.
/// </summary>
internal sealed class JsonTable : Table
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<JsonRow> _rows;
    private readonly IReadOnlyDictionary<string, string[]> _classNames;

    /// <summary>Reads the document.</summary>
    /// <exception cref="InputException">It is not JSON, with its line, or holds no records.</exception>
    public JsonTable(string path)
        : base(path)
    {
        Encoding = DataFile.EncodingOf(path);
        JsonRecords records = JsonRecords.Read(path);
        (_rows, _classNames) = (records.Rows, records.ClassNames);
        foreach (JsonRow row in _rows)
        {
            foreach ((string key, _) in row.Fields) _columns.TryAdd(key, _columns.Count);
        }

        if (_columns.Count == 0)
            throw new InputException(
                $"{path} is JSON without records; a list of objects is read, such as [{{\"text\": \"…\", \"label\": \"…\"}}], also "
                    + $"under a key such as \"data\""
            );
        Columns = [.. _columns.Keys];
    }

    /// <inheritdoc/>
    public override bool CanBeCut => false;

    /// <inheritdoc/>
    public override string Format => "json";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames(int column) => _classNames.GetValueOrDefault(Columns[column]);

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows()
    {
        foreach (JsonRow row in _rows)
        {
            string?[] cells = new string?[Columns.Count];
            string? problem = row.Problem;
            try
            {
                foreach ((string key, JsonElement value) in row.Fields) cells[_columns[key]] = JsonText.Cell(value);
            }
            catch (InvalidOperationException error)
            {
                problem = JsonText.Reason(error);
            }

            yield return new TableRow(row.Line, cells, problem);
        }
    }
}

/// <summary>A record of a JSON document.</summary>
/// <param name="Line">The line it begins in.</param>
/// <param name="Fields">The keys and values.</param>
/// <param name="Problem">Why it is no record; null for a sound one.</param>
internal readonly record struct JsonRow(long Line, IReadOnlyList<(string Key, JsonElement Value)> Fields, string? Problem = null)
{
    /// <summary>A record of a value, which must be an object.</summary>
    public static JsonRow Of(long line, JsonElement value) => IsSpacy(value)
        ? new JsonRow(line, [("text", value[0]), .. JsonRecord.Fields(value[1])])
        : value.ValueKind == JsonValueKind.Object ? new JsonRow(line, [.. JsonRecord.Fields(value)])
        : new JsonRow(
            line,
            [],
            string.Create(
                CultureInfo.InvariantCulture,
                $"a JSON {value.ValueKind.ToString().ToLowerInvariant()} where an object was expected"
            )
        );

    /// <summary>A list of a text and what is known about it: <c>["…", {"entities": […], "cats": {…}}]</c>, as spaCy 2 trained on.</summary>
    private static bool IsSpacy(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && value.GetArrayLength() == 2
        && value[0].ValueKind == JsonValueKind.String
        && value[1].ValueKind == JsonValueKind.Object;
}
