using System.Text.Json;
using Graft.Tokenizers;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>How records are encoded: by the command's flags, then by a record's own <c>options</c>.</summary>
internal sealed record TokenOptions
{
    public EncodeOptions Encode { get; init; } = new();

    public TokenizerOverrides Overrides { get; init; } = new();

    /// <summary>True when texts may be cut into windows.</summary>
    public bool HasWindows => Encode.MaxLength is not null && Encode.Stride > 0;

    /// <summary>These options with those of a record.</summary>
    /// <exception cref="InputException">An option is unknown or has no such value.</exception>
    public TokenOptions With(JsonElement record)
    {
        if (!record.TryGetProperty("options", out JsonElement json) || json.ValueKind == JsonValueKind.Null) return this;
        if (json.ValueKind != JsonValueKind.Object) throw new InputException($"\"options\" is {json.ValueKind}; an object is expected");
        TokenOptions options = this;
        foreach (JsonProperty option in json.EnumerateObject()) options = options.With(option.Name, option.Value);
        if (json.TryGetProperty("padding", out _)) options = options.WithPaddingLength(json);
        return options;
    }

    private TokenOptions With(string name, JsonElement value) => name switch
    {
        "add_special_tokens" => this with { Encode = Encode with { AddSpecialTokens = Bool(name, value) } },
        "split_special_tokens" => this with { Encode = Encode with { SplitSpecialTokens = Bool(name, value) } },
        "do_lower_case" => this with { Overrides = Overrides with { LowerCase = Bool(name, value) } },
        "strip_accents" => this with { Overrides = Overrides with { StripAccents = Bool(name, value) } },
        "tokenize_chinese_chars" => this with { Overrides = Overrides with { HandleChineseChars = Bool(name, value) } },
        "clean_text" => this with { Overrides = Overrides with { CleanText = Bool(name, value) } },
        "add_prefix_space" => this with { Overrides = Overrides with { AddPrefixSpace = Bool(name, value) } },
        "trim_offsets" => this with { Overrides = Overrides with { TrimOffsets = Bool(name, value) } },
        "max_length" => this with { Encode = Encode with { MaxLength = Number(name, value) } },
        "stride" => this with { Encode = Encode with { Stride = Number(name, value) } },
        "strategy" => this with { Encode = Encode with { Truncation = Strategy(value.ToString()) } },
        "direction" => this with { Encode = Encode with { TruncationSide = SideOf(name, value.ToString()) } },
        "padding" => this with { Encode = Encode with { Padding = PaddingOf(value.ToString()) } },
        "padding_side" => this with { Encode = Encode with { PaddingSide = SideOf(name, value.ToString()) } },
        "pad_to_multiple_of" => this with { Encode = Encode with { PadToMultipleOf = Number(name, value) } },
        "pad_token" => this with { Encode = Encode with { PadToken = value.ToString() } },
        "truncation" or "is_split_into_words" or "model" => this,
        _ => throw new InputException($"the option \"{name}\" is not known"),
    };

    // Beside a padding, max_length is what is padded to; texts are cut to it only where truncation is asked for.
    private TokenOptions WithPaddingLength(JsonElement json)
    {
        bool truncate = json.TryGetProperty("truncation", out JsonElement truncation) && Bool("truncation", truncation);
        int? padLength = Encode.Padding == PaddingMode.Fixed ? Encode.MaxLength : null;
        return this with { Encode = Encode with { PadLength = padLength, MaxLength = truncate ? Encode.MaxLength : null } };
    }

    public static TruncationStrategy Strategy(string name) => name switch
    {
        "longest_first" => TruncationStrategy.LongestFirst,
        "only_first" => TruncationStrategy.OnlyFirst,
        "only_second" => TruncationStrategy.OnlySecond,
        _ => throw new InputException($"the truncation strategy \"{name}\" is not known: longest_first, only_first or only_second"),
    };

    private static PaddingMode PaddingOf(string name) => name switch
    {
        "longest" or "True" => PaddingMode.Longest,
        "max_length" => PaddingMode.Fixed,
        "do_not_pad" or "False" => PaddingMode.None,
        _ => throw new InputException($"the padding \"{name}\" is not known: longest, max_length or do_not_pad"),
    };

    private static Side SideOf(string option, string name) => name switch
    {
        "left" => Side.Left,
        "right" => Side.Right,
        _ => throw new InputException($"{option} is \"{name}\"; left or right is expected"),
    };

    private static bool Bool(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new InputException($"the option \"{name}\" is {value.GetRawText()}; true or false is expected"),
    };

    private static int Number(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw new InputException($"the option \"{name}\" is {value.GetRawText()}; a number is expected");
}
