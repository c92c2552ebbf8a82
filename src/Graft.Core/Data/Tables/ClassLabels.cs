using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>
/// The names of numbered classes as Hugging Face's datasets writes them into the metadata of a file: a <c>ClassLabel</c>, alone or in a
/// list.
/// </summary>
internal static class ClassLabels
{
    /// <summary>The key of Parquet's metadata that holds them.</summary>
    public const string MetadataKey = "huggingface";

    /// <summary>The names by column, of <c>{"info": {"features": {column: {"names": […], "_type": "ClassLabel"}}}}</c>.</summary>
    public static Dictionary<string, string[]> OfMetadata(string json)
    {
        Dictionary<string, string[]> classes = new(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (
                !document.RootElement.TryGetProperty("info", out JsonElement info)
                || !info.TryGetProperty("features", out JsonElement features)
            )
                return classes;
            foreach (JsonProperty feature in features.EnumerateObject())
            {
                if (NamesOf(feature.Value) is { } names) classes[feature.Name] = names;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Metadata is a help: without it classes keep their numbers.
        }

        return classes;
    }

    /// <summary>The names of a feature; null where it has none.</summary>
    public static string[]? NamesOf(JsonElement feature)
    {
        if (feature.ValueKind == JsonValueKind.Array && feature.GetArrayLength() == 1)
            return NamesOf(feature[0]);
        if (feature.ValueKind != JsonValueKind.Object)
            return null;
        if (feature.TryGetProperty("feature", out JsonElement inner))
            return NamesOf(inner);
        return feature.TryGetProperty("names", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(name => name.ToString())]
            : null;
    }
}
