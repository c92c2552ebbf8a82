using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Tokenizers;

namespace Graft.Backbones;

/// <summary>
/// JSON files of model folders: what is wrong with one is one line that names the file and the key. A key that stands twice is refused.
/// </summary>
internal static class ModelJson
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 32 };

    /// <summary>A file's content.</summary>
    /// <exception cref="InputException">It is a Git LFS pointer, no JSON, or has a key twice.</exception>
    public static JsonNode Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        LfsPointer.Refuse(bytes, path);
        try
        {
            ReadOnlyMemory<byte> text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
            using (JsonDocument document = JsonDocument.Parse(text, s_strict)) RequireUniqueKeys(document.RootElement);
            return JsonNode.Parse(text.Span, documentOptions: s_strict)
                ?? throw new InputException($"{path}: null was found where JSON was expected");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{path}: not valid JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>
    /// Refuses objects that have a key twice, at any depth. .NET's own check (AllowDuplicateProperties) draws a random seed from OpenSSL,
    /// and ends the process where that is missing.
    /// </summary>
    /// <exception cref="JsonException">Names the key.</exception>
    /// <exception cref="InvalidOperationException">A key is no valid Unicode.</exception>
    public static void RequireUniqueKeys(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in json.EnumerateArray()) RequireUniqueKeys(item);
        }

        if (json.ValueKind != JsonValueKind.Object) return;
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!keys.Add(property.Name)) throw new JsonException($"Duplicate property '{property.Name}'.");
            RequireUniqueKeys(property.Value);
        }
    }

    /// <summary>A file's object.</summary>
    /// <exception cref="InputException">It holds something else.</exception>
    public static JsonObject ReadObject(string path) =>
        Read(path) as JsonObject ?? throw new InputException($"{path}: a JSON object is expected");

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, JsonNode json) => AtomicFile.WriteText(path, json.ToJsonString(s_indented) + "\n");

    /// <summary>The string, or null for anything else.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>True or false, null where the key is missing or null.</summary>
    /// <exception cref="InputException">The key holds something else.</exception>
    public static bool? Flag(JsonObject json, string key, string path) => json[key] is not JsonNode node ? null
        : node is JsonValue value && value.TryGetValue(out bool flag) ? flag
        : throw new InputException($"{path}: {key} is {node.ToJsonString()}; true or false is expected");

    /// <summary>A whole number of at least 1, null where the key is missing or null.</summary>
    /// <exception cref="InputException">The key holds something else.</exception>
    public static int? Positive(JsonObject json, string key, string path) =>
        json[key] is not JsonNode node ? null
        : node is JsonValue value && value.TryGetValue(out double number) && number == Math.Floor(number) && number >= 1
            ? (int)Math.Min(number, int.MaxValue)
        : throw new InputException($"{path}: {key} is {node.ToJsonString()}; a whole number of at least 1 is expected");
}
