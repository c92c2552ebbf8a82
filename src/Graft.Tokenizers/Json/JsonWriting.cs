using System.Text.Json;

namespace Graft.Tokenizers.Json;

/// <summary>Small forms that many parts of a <c>tokenizer.json</c> share.</summary>
internal static class JsonWriting
{
    /// <summary>Writes <c>{"type": …}</c>: a part without settings.</summary>
    public static void WriteType(this Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    public static void WriteOptionalBoolean(this Utf8JsonWriter json, string name, bool? value)
    {
        if (value is bool known) json.WriteBoolean(name, known);
        else json.WriteNull(name);
    }
}
