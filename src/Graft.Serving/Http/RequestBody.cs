using System.Text.Json;
using Graft.Backbones;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Http;

/// <summary>
/// The JSON object of a request, read field by field: a value of the wrong kind is refused with its field's name, and so is a field that
/// nothing has read.
/// </summary>
internal sealed class RequestBody
{
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 16 };
    private readonly JsonElement _json;
    private readonly string _path;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private RequestBody(JsonElement json, string path) => (_json, _path) = (json, path);

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="RequestException">It is no JSON object, compressed, or of another type.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request)
    {
        if (!request.HasJsonContentType())
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType,
                RequestFault.Validation,
                "the body's Content-Type must be application/json"
            );
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType,
                RequestFault.Validation,
                "a compressed body is not read: leave Content-Encoding out"
            );
        try
        {
            // Read whole, because a document parsed from a stream reports a cut body as a fault of its JSON.
            using MemoryStream bytes = new();
            await ReadAsync(request, bytes).ConfigureAwait(false);
            using JsonDocument document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), s_strict);
            ModelJson.RequireUniqueKeys(document.RootElement);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw RequestException.Malformed($"the body must be a JSON object; it is {Kind(document.RootElement)}");
            return new RequestBody(document.RootElement.Clone(), "");
        }
        catch (JsonException failure)
        {
            throw RequestException.Malformed($"the body is not valid JSON: {failure.Message}");
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, found while names are compared.
            throw RequestException.Malformed("the body is not valid JSON: the name of a field is no valid Unicode");
        }
    }

    /// <exception cref="RequestException">The body breaks off, or a chunk's size is none that there is.</exception>
    private static async Task ReadAsync(HttpRequest request, MemoryStream bytes)
    {
        try
        {
            await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted).ConfigureAwait(false);
        }
        catch (IOException failure) when (failure is not BadHttpRequestException) // that one says its status itself
        {
            throw RequestException.Malformed($"the body cannot be read: {failure.Message}");
        }
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string field) => Find(field) is not null;

    /// <summary>A text.</summary>
    public string? OptionalText(string field) => Find(field) is JsonElement value ? TextOf(value, Name(field)) : null;

    /// <inheritdoc cref="OptionalText"/>
    public string Text(string field) => TextOf(Required(field), Name(field));

    public bool Flag(string field, bool absent) => Find(field) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        JsonElement other => throw RequestException.Invalid(Name(field), $"true or false is expected, not {Kind(other)}"),
    };

    public int? OptionalInteger(string field, int least, int most) =>
        Find(field) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) && value >= least && value <= most => value,
            JsonElement other => throw RequestException.Invalid(
                Name(field),
                FormattableString.Invariant($"a whole number from {least} to {most} is expected, not {Shown(other)}")
            ),
        };

    public double? OptionalNumber(string field, double least, double most) =>
        Find(field) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out double value) && value >= least && value <= most =>
                value,
            JsonElement other => throw RequestException.Invalid(
                Name(field),
                FormattableString.Invariant($"a number from {least} to {most} is expected, not {Shown(other)}")
            ),
        };

    /// <summary>One of a few words; the first where the field is absent.</summary>
    public string OneOf(string field, params string[] words)
    {
        if (Find(field) is not JsonElement value) return words[0];
        string found = TextOf(value, Name(field));
        return Array.Find(words, word => word.Equals(found, StringComparison.OrdinalIgnoreCase))
            ?? throw RequestException.Invalid(Name(field), $"{string.Join(" or ", words)} is expected, not {Shown(value)}");
    }

    /// <summary>A list of texts.</summary>
    public string[] Texts(string field, int most)
    {
        JsonElement list = Required(field);
        if (list.ValueKind != JsonValueKind.Array)
            throw RequestException.Invalid(Name(field), $"a list of texts is expected, not {Kind(list)}");
        RequireCount(list, Name(field), most);
        return [.. list.EnumerateArray().Select((item, i) => TextOf(item, $"{Name(field)}[{i}]"))];
    }

    /// <summary>A field that must be there.</summary>
    public JsonElement Required(string field) => Find(field) ?? throw RequestException.Invalid(Name(field), "is missing");

    /// <summary>An object in a field; null where the field is absent.</summary>
    public RequestBody? OptionalObject(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new RequestBody(value, Name(field) + "."),
        JsonElement other => throw RequestException.Invalid(Name(field), $"an object is expected, not {Kind(other)}"),
    };

    /// <summary>Refuses fields that nothing has read.</summary>
    public void RequireNothingElse()
    {
        foreach (JsonProperty property in _json.EnumerateObject())
        {
            string name = NameOf(property);
            if (!_read.Contains(name))
                throw RequestException.Invalid(
                    _path + Shortened(name),
                    $"is not a field of this request; {string.Join(", ", _read.Order(StringComparer.Ordinal))} are"
                );
        }
    }

    /// <summary>A text in a list or a field.</summary>
    public static string TextOf(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String) throw RequestException.Invalid(name, $"a text is expected, not {Kind(value)}");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RequestException.Invalid(name, "the text is no valid Unicode (broken UTF-8, or half of a surrogate pair)");
        }
    }

    /// <summary>Refuses empty lists and those of more than the most.</summary>
    public static void RequireCount(JsonElement list, string name, int most)
    {
        int count = list.GetArrayLength();
        if (count == 0) throw new RequestException(StatusCodes.Status400BadRequest, RequestFault.Empty, $"`{name}` cannot be empty", name);
        if (count > most) throw RequestException.TooLarge($"batch size {count} > maximum allowed batch size {most}", name);
    }

    /// <summary>What a value is, for messages.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw RequestException.Malformed("the name of a field is no valid Unicode");
        }
    }

    private string Name(string field) => _path + field;

    private JsonElement? Find(string field)
    {
        _read.Add(field);
        return _json.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Number ? Shortened(value.GetRawText()) : Kind(value);

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
