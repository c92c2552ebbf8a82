using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>Finds the records of a JSON document and the lines they begin in.</summary>
internal sealed class JsonRecords
{
    private static readonly string[] s_keys =
    [
        "data",
        "records",
        "rows",
        "examples",
        "items",
        "instances",
        "results",
        "documents",
        "samples",
        "train",
        "annotations",
    ];
    private static readonly Dictionary<string, string[]> s_none = new(StringComparer.Ordinal);

    private JsonRecords(IReadOnlyList<JsonRow> rows, IReadOnlyDictionary<string, string[]> classNames) =>
        (Rows, ClassNames) = (rows, classNames);

    /// <summary>The records in order.</summary>
    public IReadOnlyList<JsonRow> Rows { get; }

    /// <summary>The names of numbered classes by column, where the document has them (<c>features</c> of the data set server).</summary>
    public IReadOnlyDictionary<string, string[]> ClassNames { get; }

    /// <summary>Reads a document.</summary>
    /// <exception cref="InputException">It is not JSON; the line is named.</exception>
    public static JsonRecords Read(string path)
    {
        byte[] bytes = DataFile.Utf8(path);
        try
        {
            if (Documents(ref bytes, path) is { Count: > 1 } several)
                return new JsonRecords([.. several.Select(document => JsonRow.Of(document.Line, document.Value))], s_none);
            using JsonDocument document = JsonDocument.Parse(bytes);
            return Of(document.RootElement.Clone(), bytes, path);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            long line = ((error as JsonException)?.LineNumber ?? 0) + 1;
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}, line {line}: {JsonText.Reason(error)}; the file begins like JSON and is read as nothing else"
                ),
                error
            );
        }
    }

    /// <summary>The values of the file, which are several where objects stand one behind the other.</summary>
    private static List<(long Line, JsonElement Value)> Documents(ref byte[] bytes, string path)
    {
        try
        {
            return Values(bytes);
        }
        catch (JsonException)
            when (Encoding.UTF8.GetString(bytes) is var text && JsonText.WithoutBareWords(text) is var mended && mended != text)
        {
            bytes = Encoding.UTF8.GetBytes(mended);
            return Values(bytes);
        }
    }

    private static List<(long Line, JsonElement Value)> Values(byte[] bytes)
    {
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        List<(long Line, JsonElement Value)> values = [];
        long line = 1;
        int counted = 0;
        while (reader.Read())
        {
            int start = (int)reader.TokenStartIndex;
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            values.Add((line, JsonElement.ParseValue(ref reader)));
        }

        return values;
    }

    private static JsonRecords Of(JsonElement root, byte[] bytes, string path)
    {
        if (root.ValueKind == JsonValueKind.Array)
            return new JsonRecords(OfArray(root, null, bytes), s_none);
        if (root.ValueKind != JsonValueKind.Object)
            throw new InputException($"{path} is a JSON {root.ValueKind.ToString().ToLowerInvariant()}; a list of objects was expected");
        if (Split(root) is { } split)
            return new JsonRecords(split, s_none);
        JsonProperty[] lists =
        [
            .. root.EnumerateObject()
                .Where(property =>
                    property.Value.ValueKind == JsonValueKind.Array
                    && property.Value.GetArrayLength() > 0
                    && property.Value[0].ValueKind == JsonValueKind.Object
                ),
        ];
        string[] known = [.. s_keys.Where(key => Array.Exists(lists, list => list.Name == key))];
        if (known.Length > 0)
            return new JsonRecords(OfArray(root.GetProperty(known[0]), known[0], bytes), Classes(root));
        if (ByColumn(root) is { } columns)
            return new JsonRecords(columns, s_none);
        if (
            lists.Length == 1
            && !root.EnumerateObject()
                .Any(property => ColumnNames.IsKnown(property.Name) && property.Value.ValueKind == JsonValueKind.String)
        )
            return new JsonRecords(OfArray(lists[0].Value, lists[0].Name, bytes), Classes(root));
        if (lists.Length > 1 && !root.EnumerateObject().Any(property => property.Value.ValueKind == JsonValueKind.String))
            throw new InputException(
                $"{path} holds records under {string.Join(" and ", lists.Select(list => $"\"{list.Name}\""))}; write those that are "
                    + $"meant into a file of their own"
            );
        return new JsonRecords([JsonRow.Of(1, root)], s_none);
    }

    /// <summary>pandas' "split": names under <c>columns</c>, rows of cells under <c>data</c>.</summary>
    private static JsonRow[]? Split(JsonElement root)
    {
        if (!root.TryGetProperty("columns", out JsonElement names) || !root.TryGetProperty("data", out JsonElement data))
            return null;
        if (
            names.ValueKind != JsonValueKind.Array
            || data.ValueKind != JsonValueKind.Array
            || data.EnumerateArray().Any(row => row.ValueKind != JsonValueKind.Array)
        )
            return null;
        string[] columns = [.. names.EnumerateArray().Select(name => name.ToString())];
        return
        [
            .. data.EnumerateArray()
                .Select(
                    (row, i) =>
                        new JsonRow(
                            i + 1,
                            [.. columns.Zip(row.EnumerateArray())],
                            row.GetArrayLength() == columns.Length
                                ? null
                                : string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"{row.GetArrayLength()} cells where there are {columns.Length} columns"
                                )
                        )
                ),
        ];
    }

    /// <summary>A list or an object a column, or an object a row; null for anything else.</summary>
    private static List<JsonRow>? ByColumn(JsonElement root)
    {
        JsonProperty[] properties = [.. root.EnumerateObject()];
        if (properties.Length == 0)
            return null;
        if (
            properties.Length > 1
            && Array.TrueForAll(properties, property => property.Value.ValueKind == JsonValueKind.Array)
            && properties.Select(property => property.Value.GetArrayLength()).Distinct().Count() == 1
        )
            return
            [
                .. Enumerable
                    .Range(0, properties[0].Value.GetArrayLength())
                    .Select(i => new JsonRow(i + 1, [.. properties.Select(property => (property.Name, property.Value[i]))])),
            ];
        if (!Array.TrueForAll(properties, property => property.Value.ValueKind == JsonValueKind.Object))
            return null;
        string[] inner = [.. properties[0].Value.EnumerateObject().Select(property => property.Name)];
        bool isByRow =
            inner.Any(ColumnNames.IsKnown)
            || (!properties.Any(property => ColumnNames.IsKnown(property.Name)) && properties.Length > inner.Length);
        if (isByRow)
            return [.. properties.Select((property, i) => new JsonRow(i + 1, [.. JsonRecord.Fields(property.Value)]))];
        return
        [
            .. inner.Select(
                (key, i) =>
                    new JsonRow(
                        i + 1,
                        [
                            .. properties
                                .Where(property => property.Value.TryGetProperty(key, out _))
                                .Select(property => (property.Name, property.Value.GetProperty(key))),
                        ]
                    )
            ),
        ];
    }

    /// <summary>Class names of the data set server: <c>features: [{name, type: {names, _type: ClassLabel}}]</c>.</summary>
    private static Dictionary<string, string[]> Classes(JsonElement root)
    {
        Dictionary<string, string[]> classes = new(StringComparer.Ordinal);
        if (!root.TryGetProperty("features", out JsonElement features) || features.ValueKind != JsonValueKind.Array) return classes;
        foreach (JsonElement feature in features.EnumerateArray())
        {
            if (
                feature.ValueKind == JsonValueKind.Object
                && feature.TryGetProperty("name", out JsonElement name)
                && feature.TryGetProperty("type", out JsonElement type)
                && ClassLabels.NamesOf(type) is { } names
            )
                classes[name.ToString()] = names;
        }

        return classes;
    }

    private static List<JsonRow> OfArray(JsonElement array, string? key, byte[] bytes)
    {
        List<long> lines = Lines(bytes, key);
        return [.. array.EnumerateArray().Select((value, i) => JsonRow.Of(i < lines.Count ? lines[i] : 1, value))];
    }

    /// <summary>The lines that the elements of the root list, or of the list under a key of the root, begin in.</summary>
    private static List<long> Lines(byte[] bytes, string? key)
    {
        Utf8JsonReader reader = new(bytes);
        int depth = key is null ? 1 : 2, counted = 0;
        bool inside = key is null;
        long line = 1;
        List<long> lines = [];
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && key is not null)
                inside = reader.ValueTextEquals(key);
            if (
                !inside
                || reader.CurrentDepth != depth
                || reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray or JsonTokenType.PropertyName
            )
                continue;
            int start = (int)reader.TokenStartIndex;
            line += bytes.AsSpan(counted, start - counted).Count((byte)'\n');
            counted = start;
            lines.Add(line);
        }

        return lines;
    }
}
