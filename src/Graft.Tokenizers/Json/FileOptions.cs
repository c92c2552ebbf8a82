using System.Text.Json;

namespace Graft.Tokenizers.Json;

/// <summary>The sections <c>truncation</c> and <c>padding</c> of a <c>tokenizer.json</c>.</summary>
internal static class FileOptions
{
    private static readonly string[] s_strategies = ["LongestFirst", "OnlyFirst", "OnlySecond"];

    /// <summary>What the sections ask for, or null where a file has neither.</summary>
    public static EncodeOptions? Read(JsonPart root)
    {
        JsonPart? truncation = root.Find("truncation");
        JsonPart? padding = root.Find("padding");
        if (truncation is null && padding is null) return null;
        EncodeOptions options = new();
        if (truncation is JsonPart cut) options = WithTruncation(options, cut);
        if (padding is JsonPart pad) options = WithPadding(options, pad);
        return options;
    }

    /// <summary>Writes both sections.</summary>
    public static void Write(Utf8JsonWriter json, EncodeOptions? options, Func<string, int> idOf)
    {
        if (options?.MaxLength is int length)
        {
            json.WriteStartObject("truncation");
            json.WriteString("direction", options.TruncationSide.ToString());
            json.WriteNumber("max_length", length);
            json.WriteString("strategy", s_strategies[(int)options.Truncation]);
            json.WriteNumber("stride", options.Stride);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("truncation");
        }

        if (options is { Padding: not PaddingMode.None, PadToken: string token }) WritePadding(json, options, token, idOf(token));
        else json.WriteNull("padding");
    }

    private static EncodeOptions WithTruncation(EncodeOptions options, JsonPart part)
    {
        string strategy = part.String("strategy", s_strategies[0]);
        int index = Array.IndexOf(s_strategies, strategy);
        if (index < 0) throw part.Member("strategy").Error($"{string.Join(", ", s_strategies)} were expected, \"{strategy}\" was found");
        return options with
        {
            MaxLength = part.Member("max_length").AsInt(),
            Stride = part.Int("stride", 0),
            Truncation = (TruncationStrategy)index,
            TruncationSide = SideOf(part),
        };
    }

    private static EncodeOptions WithPadding(EncodeOptions options, JsonPart part)
    {
        JsonPart strategy = part.Member("strategy");
        bool isFixed = strategy.Element.ValueKind == JsonValueKind.Object;
        return options with
        {
            Padding = isFixed ? PaddingMode.Fixed : PaddingMode.Longest,
            PadLength = isFixed ? strategy.Member("Fixed").AsInt() : null,
            PadToMultipleOf = part.Int("pad_to_multiple_of", 0),
            PadToken = part.Find("pad_token")?.AsString(),
            PaddingSide = SideOf(part),
        };
    }

    private static void WritePadding(Utf8JsonWriter json, EncodeOptions options, string token, int id)
    {
        json.WriteStartObject("padding");
        if (options is { Padding: PaddingMode.Fixed, PadLength: int length })
        {
            json.WriteStartObject("strategy");
            json.WriteNumber("Fixed", length);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("strategy", "BatchLongest");
        }

        json.WriteString("direction", options.PaddingSide.ToString());
        if (options.PadToMultipleOf > 0) json.WriteNumber("pad_to_multiple_of", options.PadToMultipleOf);
        else json.WriteNull("pad_to_multiple_of");
        json.WriteNumber("pad_id", id);
        json.WriteNumber("pad_type_id", 0);
        json.WriteString("pad_token", token);
        json.WriteEndObject();
    }

    private static Side SideOf(JsonPart part) => part.String("direction", "Right") == "Left" ? Side.Left : Side.Right;
}
