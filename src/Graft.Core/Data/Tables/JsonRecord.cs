using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>
/// The keys and values of a JSON record; what wrappers hold (<c>data</c> of annotation tools, <c>row</c> of servers) stands beside the
/// rest.
/// </summary>
internal static class JsonRecord
{
    private static readonly string[] s_wrappers = ["data", "row", "_source", "fields"];

    /// <summary>The fields of an object, in order.</summary>
    public static IEnumerable<(string Key, JsonElement Value)> Fields(JsonElement record)
    {
        foreach (JsonProperty property in record.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object && s_wrappers.Contains(property.Name, StringComparer.Ordinal))
            {
                foreach (JsonProperty inner in property.Value.EnumerateObject()) yield return (inner.Name, inner.Value);
            }
            else if (property.Name == "annotations" && Choices(property.Value) is { } choices)
            {
                yield return ("label", choices);
            }
            else
            {
                yield return (property.Name, property.Value);
            }
        }
    }

    /// <summary>
    /// The classes that an annotator of Label Studio chose: <c>annotations[0].result[0].value.choices</c>; null for anything else.
    /// </summary>
    private static JsonElement? Choices(JsonElement annotations)
    {
        if (
            annotations.ValueKind != JsonValueKind.Array
            || annotations.GetArrayLength() == 0
            || annotations[0].ValueKind != JsonValueKind.Object
        )
            return null;
        if (
            !annotations[0].TryGetProperty("result", out JsonElement result)
            || result.ValueKind != JsonValueKind.Array
            || result.GetArrayLength() == 0
        )
            return null;
        return
            result[0].ValueKind == JsonValueKind.Object
            && result[0].TryGetProperty("value", out JsonElement value)
            && value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty("choices", out JsonElement choices)
            ? choices
            : null;
    }
}
