using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;

namespace Graft.Generation;

/// <summary>What a model folder says about generation: <c>generation_config.json</c>, and config.json for what it leaves out.</summary>
internal static class GenerationConfig
{
    private const string FileName = "generation_config.json";

    private static readonly HashSet<string> s_followed = new(StringComparer.Ordinal)
    {
        "bad_words_ids",
        "begin_suppress_tokens",
        "decoder_start_token_id",
        "do_sample",
        "early_stopping",
        "eos_token_id",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "length_penalty",
        "max_length",
        "max_new_tokens",
        "min_length",
        "min_new_tokens",
        "min_p",
        "no_repeat_ngram_size",
        "num_beams",
        "num_return_sequences",
        "pad_token_id",
        "repetition_penalty",
        "sequence_bias",
        "suppress_tokens",
        "temperature",
        "top_k",
        "top_p",
    };

    // They would change the text: named where they have another value than this.
    private static readonly Dictionary<string, string> s_neutral = new(StringComparer.Ordinal)
    {
        ["constraints"] = "null",
        ["diversity_penalty"] = "0",
        ["dola_layers"] = "null",
        ["encoder_no_repeat_ngram_size"] = "0",
        ["encoder_repetition_penalty"] = "1",
        ["epsilon_cutoff"] = "0",
        ["eta_cutoff"] = "0",
        ["exponential_decay_length_penalty"] = "null",
        ["force_words_ids"] = "null",
        ["forced_decoder_ids"] = "null",
        ["guidance_scale"] = "1",
        ["low_memory"] = "false",
        ["max_time"] = "null",
        ["num_beam_groups"] = "1",
        ["penalty_alpha"] = "null",
        ["remove_invalid_values"] = "false",
        ["renormalize_logits"] = "false",
        ["stop_strings"] = "null",
        ["top_h"] = "null",
        ["typical_p"] = "1",
        ["watermarking_config"] = "null",
    };

    private static readonly HashSet<string> s_withoutEffect = new(StringComparer.Ordinal)
    {
        "_from_model_config",
        "assistant_confidence_threshold",
        "assistant_early_exit",
        "assistant_lookbehind",
        "bos_token_id",
        "cache_config",
        "cache_implementation",
        "compile_config",
        "disable_compile",
        "generation_kwargs",
        "is_assistant",
        "max_matching_ngram_size",
        "num_assistant_tokens",
        "num_assistant_tokens_schedule",
        "output_attentions",
        "output_hidden_states",
        "output_logits",
        "output_scores",
        "prefill_chunk_size",
        "prompt_lookup_num_tokens",
        "return_dict_in_generate",
        "return_legacy_cache",
        "target_lookbehind",
        "token_healing",
        "transformers_version",
        "trust_remote_code",
        "use_cache",
        "use_model_defaults",
    };

    /// <summary>Keys of generation that a config.json may have, as older folders do.</summary>
    internal static IEnumerable<string> KeysInModelConfigs => s_followed.Concat(s_neutral.Keys).Append("use_cache");

    /// <summary>The options of a folder; keys it does not have keep their defaults.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">The config.json.</param>
    /// <exception cref="InputException">A file is broken, or has a value of the wrong kind or out of its range.</exception>
    public static GenerationOptions Read(string folder, ModelConfig config) => Read(folder, config, new GenerationOptions());

    /// <summary>The options of a folder over others.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">The config.json.</param>
    /// <param name="plain">What keys that are missing mean.</param>
    internal static GenerationOptions Read(string folder, ModelConfig config, GenerationOptions plain)
    {
        (string path, Func<string, JsonNode?> find) = Source(folder, config);
        IReadOnlyList<int> ends = Ids(path, find, "eos_token_id") ?? config.EndTokenIds;
        int? written = Value<int?>(path, find, "max_new_tokens", null), whole = Value<int?>(path, find, "max_length", null);
        return plain with
        {
            MaxNewTokens = written ?? Math.Max(plain.MaxNewTokens, whole ?? 0),
            MaxLength = written is null ? whole : null,
            MinNewTokens = Value(path, find, "min_new_tokens", plain.MinNewTokens),
            MinLength = Value(path, find, "min_length", plain.MinLength),
            EosTokenIds = ends,
            PadTokenId = Value<int?>(path, find, "pad_token_id", null) ?? config.PadTokenId ?? (ends.Count > 0 ? ends[0] : 0),
            ForcedBosTokenId = Value<int?>(path, find, "forced_bos_token_id", null),
            ForcedEosTokenId = Value<int?>(path, find, "forced_eos_token_id", null),
            BadWordIds = Lists(path, find, "bad_words_ids"),
            SequenceBias = Biases(path, find("sequence_bias")),
            SuppressedTokenIds = Ids(path, find, "suppress_tokens") ?? [],
            SuppressedFirstTokenIds = Ids(path, find, "begin_suppress_tokens") ?? [],
            DoSample = Value(path, find, "do_sample", plain.DoSample),
            Temperature = Value(path, find, "temperature", plain.Temperature),
            TopK = Value(path, find, "top_k", plain.TopK),
            TopP = Value(path, find, "top_p", plain.TopP),
            MinP = Value(path, find, "min_p", plain.MinP),
            NumBeams = Value(path, find, "num_beams", plain.NumBeams),
            LengthPenalty = Value(path, find, "length_penalty", plain.LengthPenalty),
            EarlyStopping = Stopping(path, find("early_stopping")),
            NumReturnSequences = Value(path, find, "num_return_sequences", plain.NumReturnSequences),
            RepetitionPenalty = Value(path, find, "repetition_penalty", plain.RepetitionPenalty),
            NoRepeatNgramSize = Value(path, find, "no_repeat_ngram_size", plain.NoRepeatNgramSize),
        };
    }

    /// <summary>
    /// A line for every key of the folder's file that would change the text and is not followed, or that Graft does not know.
    /// </summary>
    /// <inheritdoc cref="Read(string, ModelConfig)"/>
    public static IReadOnlyList<string> Unfollowed(string folder, ModelConfig config)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return
            [
                .. s_neutral
                    .Where(pair => config.Node(pair.Key) is JsonNode node && !IsNeutral(node, pair.Value))
                    .Select(pair => Line(Path.Combine(folder, "config.json"), pair.Key, config.Node(pair.Key))),
            ];
        return
        [
            .. ModelJson
                .ReadObject(path)
                .Where(pair =>
                    pair.Value is not null
                    && !s_followed.Contains(pair.Key)
                    && !s_withoutEffect.Contains(pair.Key)
                    && !(s_neutral.TryGetValue(pair.Key, out string? neutral) && IsNeutral(pair.Value, neutral))
                )
                .Select(pair => Line(path, pair.Key, pair.Value)),
        ];
    }

    /// <summary>What the targets of an encoder-decoder begin with.</summary>
    /// <inheritdoc cref="Read(string, ModelConfig)"/>
    public static int DecoderStart(string folder, ModelConfig config)
    {
        (string path, Func<string, JsonNode?> find) = Source(folder, config);
        return Value<int?>(path, find, "decoder_start_token_id", null) ?? config.DecoderStartTokenId ?? config.PadTokenId ?? 0;
    }

    // Older folders have these keys in config.json; where there is a generation_config.json, those of config.json do not count.
    private static (string Path, Func<string, JsonNode?> Find) Source(string folder, ModelConfig config)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return (Path.Combine(folder, "config.json"), config.Node);
        JsonObject json = ModelJson.ReadObject(path);
        return (path, key => json[key]);
    }

    private static bool IsNeutral(JsonNode node, string neutral) =>
        node.ToJsonString() == neutral
        || (
            node is JsonValue value
            && value.TryGetValue(out double number)
            && double.TryParse(neutral, System.Globalization.CultureInfo.InvariantCulture, out double none)
            && number == none
        )
        || (node is JsonArray { Count: 0 } && neutral == "null");

    private static string Line(string path, string key, JsonNode? node) =>
        $"{path}: {key} is {node?.ToJsonString()}, which Graft does not follow: the text may differ from the reference's";

    private static EarlyStopping Stopping(string path, JsonNode? node) =>
        node switch
        {
            null => EarlyStopping.WhenUnlikelyToImprove,
            JsonValue value when value.TryGetValue(out bool stops) => stops
                ? EarlyStopping.WhenEnoughFinished
                : EarlyStopping.WhenUnlikelyToImprove,
            JsonValue value when value.TryGetValue(out string? text) && text == "never" => EarlyStopping.Never,
            _ => throw Wrong(path, "early_stopping", node, "true, false or \"never\""),
        };

    private static int[]? Ids(string path, Func<string, JsonNode?> find, string key) => find(key) is not JsonNode node ? null
        : Tokens(node) ?? throw Wrong(path, key, node, "a token id or a list of them");

    private static int[]? Tokens(JsonNode? node) =>
        node switch
        {
            JsonArray several when several.All(item => item is JsonValue value && value.TryGetValue(out int _)) =>
            [
                .. several.Select(item => item!.GetValue<int>()),
            ],
            JsonValue value when value.TryGetValue(out int one) => [one],
            _ => null,
        };

    private static int[][] Lists(string path, Func<string, JsonNode?> find, string key) =>
        find(key) switch
        {
            null => [],
            JsonArray lists when lists.All(list => list is JsonArray && Tokens(list) is { Length: > 0 }) =>
            [
                .. lists.Select(list => Tokens(list)!),
            ],
            JsonNode other => throw Wrong(path, key, other, "a list of lists of token ids"),
        };

    // [[[ids], number], …]
    private static (int[], float)[] Biases(string path, JsonNode? node)
    {
        if (node is null)
            return [];
        if (node is not JsonArray pairs)
            throw Wrong(path, "sequence_bias", node, "a list of pairs of token ids and a number");
        return
        [
            .. pairs.Select(pair =>
                pair is JsonArray { Count: 2 } two
                && Tokens(two[0]) is { Length: > 0 } tokens
                && two[1] is JsonValue number
                && number.TryGetValue(out float bias)
                    ? (tokens, bias)
                    : throw Wrong(path, "sequence_bias", pair, "a pair of token ids and a number")
            ),
        ];
    }

    private static T Value<T>(string path, Func<string, JsonNode?> find, string key, T fallback)
    {
        if (find(key) is not JsonNode node) return fallback;
        try
        {
            return node.Deserialize<T>() ?? fallback;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw Wrong(path, key, node, $"a value like {fallback?.ToString() ?? "a number"}");
        }
    }

    private static InputException Wrong(string path, string key, JsonNode? found, string expected) =>
        new($"{path}: \"{key}\" is {found?.ToJsonString()}: {expected} is expected");
}
