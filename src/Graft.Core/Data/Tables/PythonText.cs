using System.Text;
using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>Nested values as Python prints them, with numpy's arrays: what a table holds that was saved from objects.</summary>
internal static class PythonText
{
    /// <summary>Parses JSON, or what Python prints where that fails.</summary>
    /// <example><c>{'text': array(['Rome'], dtype=object), 'answer_start': array([5])}</c></example>
    /// <exception cref="JsonException">It is neither.</exception>
    public static JsonDocument Parse(string text)
    {
        try
        {
            return JsonText.Parse(text);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse(ToJson(text));
        }
    }

    private static string ToJson(string text)
    {
        StringBuilder json = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\'' or '"')
            {
                i = String(text, i, json);
            }
            else if (char.IsLetter(text[i]))
            {
                int end = i;
                while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '=' or '.')) end++;
                string word = text[i..end];
                json.Append(word switch { "None" or "nan" => "null", "True" => "true", "False" => "false", _ => "" });
                i = end - 1;
            }
            else if (text[i] is not ('(' or ')'))
            {
                json.Append(text[i]);
            }
        }

        return json.Replace(", ]", "]").Replace(", }", "}").Replace(",}", "}").Replace(",]", "]").Replace(", ,", ",").ToString();
    }

    /// <summary>Copies a string literal as JSON; returns where it ends.</summary>
    private static int String(string text, int start, StringBuilder json)
    {
        StringBuilder value = new();
        int i = start + 1;
        for (; i < text.Length && text[i] != text[start]; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i++;
                value.Append(text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
            }
            else
            {
                value.Append(text[i]);
            }
        }

        json.Append('"').Append(JsonEncodedText.Encode(value.ToString())).Append('"');
        return i;
    }
}
