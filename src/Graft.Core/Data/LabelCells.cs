using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Graft.Data;

/// <summary>
/// Reads what stands in a cell of labels: a missing one, a number, a list as JSON or Python writes it, an object of flags.
/// </summary>
internal static class LabelCells
{
    // What programs write for nothing: pandas' own list of what it reads as missing.
    private static readonly HashSet<string> s_missing = new(StringComparer.Ordinal)
    {
        "", "nan", "NaN", "-nan", "-NaN", "None", "null", "NULL", "Null", "NA", "<NA>", "N/A", "n/a", "#N/A", "#NA", "NaT", "[]", "{}",
    };

    /// <summary>Whether a cell holds no label: nothing, or what programs write for nothing.</summary>
    public static bool IsMissing(string? cell) => cell is null || s_missing.Contains(cell.Trim());

    /// <summary>Whole numbers without their fraction: <c>1.0</c> → <c>1</c>; everything else as it is.</summary>
    public static string Whole(string label)
    {
        int point = label.IndexOf('.', StringComparison.Ordinal);
        bool isWhole =
            point > 0
            && point + 1 < label.Length
            && label.AsSpan(point + 1).TrimEnd('0').IsEmpty
            && long.TryParse(label.AsSpan(0, point), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        return isWhole ? label[..point] : label;
    }

    /// <summary>The number of a cell that holds a whole one; null for any other.</summary>
    public static long? Integer(string label) =>
        long.TryParse(Whole(label), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    /// <summary>Yes or no, as 1 and 0 with or without a fraction, or as true and false; null for anything else.</summary>
    public static bool? Flag(string cell) => Whole(cell.Trim()) switch
    {
        "1" or "true" or "True" or "TRUE" => true,
        "0" or "false" or "False" or "FALSE" => false,
        _ => null,
    };

    /// <summary>The elements of a list as text, as JSON has it, Python writes it or numpy prints it; null when the cell is none.</summary>
    /// <example><c>["a","b"]</c>, <c>['a', 'b']</c>, <c>[1 0 1]</c></example>
    public static string[]? TryList(string cell)
    {
        string text = cell.Trim();
        if (text is not ['[', .., ']']) return null;
        return TryJsonList(text) ?? new PythonLiteral(text).List();
    }

    /// <summary>The elements of a JSON list as text; null when the cell is none.</summary>
    public static string[]? TryJsonList(string cell)
    {
        if (cell.Length == 0 || cell.TrimStart() is not ['[', ..]) return null;
        try
        {
            using JsonDocument document = Tables.JsonText.Parse(cell);
            if (document.RootElement.ValueKind != JsonValueKind.Array) return null;
            return [.. document.RootElement.EnumerateArray().Select(item => item.ToString())];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The keys and values of a flat object, as JSON has it or Python writes it; null when the cell is none.</summary>
    public static (string Key, string Value)[]? TryObject(string cell)
    {
        string text = cell.Trim();
        if (text is not ['{', .., '}']) return null;
        try
        {
            using JsonDocument document = Tables.JsonText.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. document.RootElement.EnumerateObject().Select(property => (property.Name, property.Value.ToString()))]
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return new PythonLiteral(text).Object();
        }
    }

    /// <summary>Flat lists and dictionaries in Python's notation.</summary>
    private sealed class PythonLiteral(string text)
    {
        private int _at;

        public string[]? List()
        {
            List<string> items = [];
            _at = 1;
            while (true)
            {
                Skip(',');
                if (_at >= text.Length) return null;
                if (text[_at] == ']') return _at == text.Length - 1 ? [.. items] : null;
                if (Value() is not string value) return null;
                items.Add(value);
            }
        }

        public (string Key, string Value)[]? Object()
        {
            List<(string, string)> items = [];
            _at = 1;
            while (true)
            {
                Skip(',');
                if (_at >= text.Length) return null;
                if (text[_at] == '}') return _at == text.Length - 1 ? [.. items] : null;
                if (Value() is not string key) return null;
                Skip(':');
                if (_at >= text.Length || Value() is not string value) return null;
                items.Add((key, value));
            }
        }

        private void Skip(char separator)
        {
            while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] == separator)) _at++;
        }

        private string? Value()
        {
            if (text[_at] is '[' or '{' or '(') return null;
            if (text[_at] is not ('\'' or '"' or '\u2018' or '\u2019'))
            {
                int start = _at;
                while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && text[_at] is not (',' or ':' or ']' or '}')) _at++;
                return _at == start ? null : text[start.._at].TrimEnd('.');
            }

            char quote = text[_at++];
            StringBuilder value = new();
            for (; _at < text.Length; _at++)
            {
                if (text[_at] == quote)
                {
                    _at++;
                    return value.ToString();
                }

                if (text[_at] == '\\' && _at + 1 < text.Length) _at++;
                value.Append(text[_at]);
            }

            return null;
        }
    }
}
