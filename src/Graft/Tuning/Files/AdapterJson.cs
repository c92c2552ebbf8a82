using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;

namespace Graft.Tuning.Files;

/// <summary>A JSON object that names the file, the key, what was found and what is allowed when a value is not as expected.</summary>
/// <param name="path">The file.</param>
/// <param name="json">The content, or a part of it.</param>
internal sealed class AdapterJson(string path, JsonObject json)
{
    public string Path => path;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is missing or not a JSON object.</exception>
    public static AdapterJson Read(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file; an adapter's folder has one");
        return new AdapterJson(path, ModelJson.ReadObject(path));
    }

    public bool Has(string key) => json[key] is not null;

    /// <summary>A part of the object.</summary>
    public AdapterJson Part(string key) => json[key] is JsonObject part ? new AdapterJson(path, part) : throw Wrong(key, "an object");

    public string? Text(string key) => json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Wrong(key, "a text"),
    };

    public bool Flag(string key, bool fallback = false) => json[key] switch
    {
        null => fallback,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Wrong(key, "true or false"),
    };

    public double Number(string key, double fallback) =>
        json[key] switch
        {
            null => fallback,
            JsonValue value when value.TryGetValue(out double number) => number,
            JsonValue value
                when value.TryGetValue(out string? text)
                    && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
            _ => throw Wrong(key, "a number"),
        };

    public int Count(string key) =>
        json[key] is JsonValue value && value.TryGetValue(out int count) && count > 0
            ? count
            : throw Wrong(key, "a whole number of at least 1");

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<int> Numbers(string key) =>
        json[key] is JsonArray list && list.All(item => item is JsonValue value && value.TryGetValue<int>(out _))
            ? [.. list.Select(item => item!.GetValue<int>())]
            : throw Wrong(key, "a list of whole numbers");

    /// <summary>A list of texts, or a single one; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string key) =>
        json[key] switch
        {
            null => [],
            JsonArray list when list.All(item => item is JsonValue value && value.TryGetValue<string>(out _)) =>
            [
                .. list.Select(item => item!.GetValue<string>()),
            ],
            JsonValue value when value.TryGetValue(out string? text) => [text],
            _ => throw Wrong(key, "a list of names"),
        };

    /// <summary>Refuses a key that is set.</summary>
    /// <exception cref="InputException">It is: Graft lacks what it asks for.</exception>
    public void Refuse(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            bool isSet = json[key] switch
            {
                null => false,
                JsonObject part => part.Count > 0,
                JsonArray list => list.Count > 0,
                JsonValue value when value.TryGetValue(out bool flag) => flag,
                _ => true,
            };
            if (isSet) throw new InputException($"{path}: {key} is {json[key]!.ToJsonString()}, which Graft does not have");
        }
    }

    public InputException Wrong(string key, string allowed) =>
        new($"{path}: {key} is {json[key]?.ToJsonString() ?? "missing"}; {allowed} is expected");
}
