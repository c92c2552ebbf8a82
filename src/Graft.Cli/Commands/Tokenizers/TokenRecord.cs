using System.Text;
using System.Text.Json;
using Graft.Tokenizers;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>One line of <c>--jsonl</c>: a text, a list of words or a batch of texts, perhaps with a second text; or ids.</summary>
internal sealed record TokenRecord
{
    public string? Text { get; init; }

    public string? Pair { get; init; }

    public string[]? Words { get; init; }

    public string[]? PairWords { get; init; }

    public string[]? Texts { get; init; }

    public int[]? Ids { get; init; }

    /// <summary>True for a text that is meant to be cut into windows, whether or not it is long enough.</summary>
    public bool IsWindowed { get; init; }

    /// <summary>Reads a record.</summary>
    /// <exception cref="InputException">It has no text, or something else in its place.</exception>
    public static TokenRecord Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new InputException($"a JSON object is expected, found {json.ValueKind}");
        bool hasText = json.TryGetProperty("text", out JsonElement text);
        bool hasTexts = json.TryGetProperty("texts", out JsonElement texts);
        bool hasIds = json.TryGetProperty("ids", out JsonElement ids);
        bool hasPair = json.TryGetProperty("pair", out JsonElement pair) && pair.ValueKind != JsonValueKind.Null;
        if (hasTexts) return new TokenRecord { Texts = Strings(texts, "texts") };
        if (hasText && text.ValueKind == JsonValueKind.Array)
        {
            return new TokenRecord { Words = Strings(text, "text"), PairWords = hasPair ? Strings(pair, "pair") : null };
        }

        bool isWindowed =
            json.TryGetProperty("kind", out JsonElement kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("stride");
        if (hasText)
            return new TokenRecord
            {
                Text = String(text, "text"),
                Pair = hasPair ? String(pair, "pair") : null,
                IsWindowed = isWindowed,
            };
        if (hasIds)
            return new TokenRecord { Ids = Numbers(ids) };
        throw new InputException("neither \"text\" nor \"texts\" nor \"ids\" is there");
    }

    private static string String(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
            ? JsonText.Of(value)
            : throw new InputException($"\"{name}\" is {value.ValueKind}; a string is expected");

    private static string[] Strings(JsonElement value, string name) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(item => String(item, name))]
        : throw new InputException($"\"{name}\" is {value.ValueKind}; a list of strings is expected");

    private static int[] Numbers(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new InputException($"\"ids\" is {value.ValueKind}; a list of numbers is expected");
        return
        [
            .. value
                .EnumerateArray()
                .Select(item =>
                    item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id)
                        ? id
                        : throw new InputException($"\"ids\": {item.GetRawText()} is no id")
                ),
        ];
    }
}

/// <summary>Strings of JSON as .NET strings, half a surrogate pair being U+FFFD.</summary>
internal static class JsonText
{
    public static string Of(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            using JsonDocument repaired = JsonDocument.Parse(Repair(value.GetRawText()));
            return repaired.RootElement.GetString()!;
        }
    }

    // Replaces \uD800…\uDFFF escapes that form no pair.
    private static string Repair(string raw)
    {
        StringBuilder text = new(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            int unit = Unit(raw, i);
            if (unit < 0)
            {
                text.Append(raw, i, 2);
                i++;
            }
            else if (char.IsHighSurrogate((char)unit) && Unit(raw, i + 6) is int low and >= 0 && char.IsLowSurrogate((char)low))
            {
                text.Append(raw, i, 12);
                i += 11;
            }
            else
            {
                if (char.IsSurrogate((char)unit)) text.Append("\\uFFFD");
                else text.Append(raw, i, 6);
                i += 5;
            }
        }

        return text.ToString();
    }

    private static int Unit(string raw, int at) =>
        at + 6 <= raw.Length
        && raw[at] == '\\'
        && raw[at + 1] == 'u'
        && int.TryParse(
            raw.AsSpan(at + 2, 4),
            System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture,
            out int unit
        )
            ? unit
            : -1;
}
