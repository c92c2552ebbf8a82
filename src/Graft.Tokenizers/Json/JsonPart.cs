using System.Text.Json;

namespace Graft.Tokenizers.Json;

/// <summary>
/// A value of a JSON file that knows where it stands, so that whatever is wrong with it can be named: file, path, what was found.
/// </summary>
internal readonly struct JsonPart(JsonElement element, string file, string path)
{
    /// <summary>Where the value stands in its file, as <c>normalizer.normalizers[1]</c>.</summary>
    public string Path => path.Length == 0 ? "the document" : path;

    public JsonElement Element => element;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>The member that says what kind of part this is.</summary>
    public string Type => Member("type").AsString();

    /// <summary>The member of that name; an error when it is missing or null.</summary>
    public JsonPart Member(string name) => Find(name) ?? throw Error($"the member \"{name}\" is missing");

    /// <summary>The member of that name, or null when it is missing or null.</summary>
    public JsonPart? Find(string name)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Error("an object was expected" + Found());
        if (!element.TryGetProperty(name, out JsonElement member) || member.ValueKind == JsonValueKind.Null) return null;
        return new(member, file, path.Length == 0 ? name : $"{path}.{name}");
    }

    public bool Bool(string name, bool missing) => Find(name)?.AsBool() ?? missing;

    public string String(string name, string missing) => Find(name)?.AsString() ?? missing;

    public int Int(string name, int missing) => Find(name)?.AsInt() ?? missing;

    public string AsString() => element.ValueKind == JsonValueKind.String ? Decode() : throw Error("a string was expected" + Found());

    public int AsInt() =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value)
            ? value
            : throw Error("a 32-bit integer was expected" + Found());

    public double AsDouble() =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value)
            ? value
            : throw Error("a number was expected" + Found());

    public bool AsBool() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Error("true or false was expected" + Found()),
    };

    public IEnumerable<JsonPart> Items()
    {
        if (element.ValueKind != JsonValueKind.Array) throw Error("an array was expected" + Found());
        return EnumerateItems();
    }

    public IEnumerable<KeyValuePair<string, JsonPart>> Members()
    {
        if (element.ValueKind != JsonValueKind.Object) throw Error("an object was expected" + Found());
        return EnumerateMembers();
    }

    /// <summary>The error that names this part.</summary>
    public InputException Error(string message) => new($"{file}: {Path}: {message}");

    private string Decode()
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new InputException($"{file}: {Path}: the string is not valid Unicode (a lone surrogate?)", exception);
        }
    }

    private IEnumerable<JsonPart> EnumerateItems()
    {
        int index = 0;
        foreach (JsonElement item in element.EnumerateArray()) yield return new(item, file, $"{path}[{index++}]");
    }

    private IEnumerable<KeyValuePair<string, JsonPart>> EnumerateMembers()
    {
        foreach (JsonProperty member in element.EnumerateObject())
            yield return new(member.Name, new(member.Value, file, $"{path}.{member.Name}"));
    }

    private string Found() => element.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => ", null was found",
        JsonValueKind.Object => ", an object was found",
        JsonValueKind.Array => ", an array was found",
        _ => $", {Shorten(element.GetRawText())} was found",
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
