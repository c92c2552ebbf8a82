using System.Text;
using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>JSON as people's programs write it, as the cells of a table.</summary>
internal static class JsonText
{
    private static readonly string[] s_bareWords = ["NaN", "-Infinity", "Infinity"];

    /// <summary>A value as a cell: strings as they are, null as nothing, everything else as JSON.</summary>
    public static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    /// <summary>Texts as a JSON list.</summary>
    public static string List(IEnumerable<string> values) =>
        "[" + string.Join(',', values.Select(value => $"\"{JsonEncodedText.Encode(value)}\"")) + "]";

    /// <summary>Parses; <c>NaN</c> and infinities, which Python writes and JSON does not know, become null.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException) when (Array.Exists(s_bareWords, word => text.Contains(word, StringComparison.Ordinal)))
        {
            return JsonDocument.Parse(WithoutBareWords(text));
        }
    }

    /// <summary>The text with <c>NaN</c> and infinities outside strings as null, of the same length so that places stay right.</summary>
    public static string WithoutBareWords(string text)
    {
        StringBuilder result = new(text.Length);
        bool inString = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (inString && text[i] == '\\' && i + 1 < text.Length)
            {
                result.Append(text[i++]);
            }
            else if (text[i] == '"')
            {
                inString = !inString;
            }
            else if (!inString && Array.Find(s_bareWords, word => string.CompareOrdinal(text, i, word, 0, word.Length) == 0) is string word)
            {
                result.Append("null".PadRight(word.Length));
                i += word.Length - 1;
                continue;
            }

            result.Append(text[i]);
        }

        return result.ToString();
    }

    /// <summary>What a parser complains about, without where: callers know the line.</summary>
    public static string Reason(Exception error)
    {
        if (error is InvalidOperationException) return "not JSON text: an escaped half of a surrogate pair";
        // A literal that goes over several lines is quoted whole: its first line says enough.
        string message = error.Message.Split('\n', '\r')[0];
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return "not JSON: " + (end < 0 ? message : message[..end]);
    }
}
