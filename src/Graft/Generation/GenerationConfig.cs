using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;

namespace Graft.Generation;

/// <summary>What a model folder says about generation: <c>generation_config.json</c>, and config.json for what it leaves out.</summary>
public static class GenerationConfig
{
    private const string FileName = "generation_config.json";

    /// <summary>The options of a folder; keys it does not have keep their defaults.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="config">Its config.json.</param>
    /// <exception cref="InputException">A file is broken, or has a value of the wrong kind or out of its range.</exception>
    public static GenerationOptions Read(string folder, ModelConfig config)
    {
        string path = Path.Combine(folder, FileName);
        JsonObject json = File.Exists(path) ? Parse(path) : [];
        GenerationOptions plain = new();
        int[] ends = Ids(path, json, "eos_token_id") ?? (config.OptionalInt("eos_token_id") is int end ? [end] : []);
        return plain with
        {
            MaxNewTokens = Value(path, json, "max_new_tokens", plain.MaxNewTokens),
            MinNewTokens = Value(path, json, "min_new_tokens", plain.MinNewTokens),
            EosTokenIds = ends,
            PadTokenId = Value<int?>(path, json, "pad_token_id", null) ?? config.PadTokenId ?? (ends.Length > 0 ? ends[0] : 0),
            DoSample = Value(path, json, "do_sample", plain.DoSample),
            Temperature = Value(path, json, "temperature", plain.Temperature),
            TopK = Value(path, json, "top_k", plain.TopK),
            TopP = Value(path, json, "top_p", plain.TopP),
            NumBeams = Value(path, json, "num_beams", plain.NumBeams),
            LengthPenalty = Value(path, json, "length_penalty", plain.LengthPenalty),
            EarlyStopping = Stopping(path, json["early_stopping"]),
            NumReturnSequences = Value(path, json, "num_return_sequences", plain.NumReturnSequences),
            RepetitionPenalty = Value(path, json, "repetition_penalty", plain.RepetitionPenalty),
            NoRepeatNgramSize = Value(path, json, "no_repeat_ngram_size", plain.NoRepeatNgramSize),
        };
    }

    /// <summary>What the targets of an encoder-decoder begin with.</summary>
    /// <inheritdoc cref="Read"/>
    public static int DecoderStart(string folder, ModelConfig config)
    {
        string path = Path.Combine(folder, FileName);
        JsonObject json = File.Exists(path) ? Parse(path) : [];
        return Value<int?>(path, json, "decoder_start_token_id", null) ?? config.DecoderStartTokenId ?? config.PadTokenId ?? 0;
    }

    private static EarlyStopping Stopping(string path, JsonNode? node) => node switch
    {
        null => EarlyStopping.WhenUnlikelyToImprove,
        JsonValue value when value.TryGetValue(out bool stops) => stops ? EarlyStopping.WhenEnoughFinished : EarlyStopping.WhenUnlikelyToImprove,
        JsonValue value when value.TryGetValue(out string? text) && text == "never" => EarlyStopping.Never,
        _ => throw Wrong(path, "early_stopping", node, "true, false or \"never\""),
    };

    private static int[]? Ids(string path, JsonObject json, string key) => json[key] switch
    {
        null => null,
        JsonArray several when several.All(node => node is JsonValue value && value.TryGetValue(out int _)) => [.. several.Select(node => node!.GetValue<int>())],
        JsonValue value when value.TryGetValue(out int one) => [one],
        JsonNode other => throw Wrong(path, key, other, "a token id or a list of them"),
    };

    private static T Value<T>(string path, JsonObject json, string key, T fallback)
    {
        if (json[key] is not JsonNode node) return fallback;
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

    private static JsonObject Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new InputException($"{path}: a JSON object is expected");
        }
        catch (JsonException failure)
        {
            throw new InputException($"{path}: not valid JSON: {failure.Message}", failure);
        }
    }
}
