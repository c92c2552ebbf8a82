using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Heads;

namespace Graft.Pretrained;

/// <summary>The folder layout of sentence-transformers: modules.json lists a Transformer, a Pooling (1_Pooling/config.json) and perhaps a Normalize.</summary>
/// <param name="Pooling">From token states to one vector.</param>
/// <param name="Normalizes">Whether vectors are brought to length 1.</param>
internal sealed record SentenceTransformersLayout(EmbeddingPooling Pooling, bool Normalizes)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private static readonly (string Key, EmbeddingPooling Pooling)[] s_modes =
    [
        ("pooling_mode_cls_token", EmbeddingPooling.First), ("pooling_mode_max_tokens", EmbeddingPooling.Max),
        ("pooling_mode_lasttoken", EmbeddingPooling.Last), ("pooling_mode_mean_tokens", EmbeddingPooling.Mean),
    ];

    /// <summary>What options ask for, else what the folder says; null where neither does.</summary>
    /// <exception cref="InputException">The files are broken, or ask for a module that Graft does not have.</exception>
    public static SentenceTransformersLayout? Read(string folder, LoadOptions options)
    {
        SentenceTransformersLayout? saved = Read(folder);
        return options.Pooling is null && options.Normalize is null
            ? saved
            : new(options.Pooling ?? saved?.Pooling ?? EmbeddingPooling.Mean, options.Normalize ?? saved?.Normalizes ?? false);
    }

    /// <summary>The most tokens of a text (sentence_bert_config.json); null where the folder does not say.</summary>
    /// <exception cref="InputException">The file is broken.</exception>
    public static int? MaxLength(string folder)
    {
        string path = Path.Combine(folder, "sentence_bert_config.json");
        if (!File.Exists(path)) return null;
        return Parse(path)["max_seq_length"] is not JsonValue value ? null
            : value.TryGetValue(out int length) && length > 0 ? length
            : throw new InputException($"{path}: max_seq_length is {value.ToJsonString()}; a whole number of at least 1 is expected");
    }

    private static SentenceTransformersLayout? Read(string folder)
    {
        string path = Path.Combine(folder, "modules.json");
        if (!File.Exists(path)) return null;
        EmbeddingPooling pooling = EmbeddingPooling.Mean;
        bool normalizes = false;
        foreach (JsonNode? module in Parse(path) as JsonArray ?? throw new InputException($"{path}: a JSON array is expected"))
        {
            string type = Text(module?["type"]) ?? throw new InputException($"{path}: a module has no type");
            switch (type[(type.LastIndexOf('.') + 1)..])
            {
                case "Transformer":
                    break;
                case "Pooling":
                    pooling = ReadPooling(Path.Combine(folder, Text(module?["path"]) ?? "1_Pooling", "config.json"));
                    break;
                case "Normalize":
                    normalizes = true;
                    break;
                default:
                    throw new InputException($"{path}: module {type} is not supported: Transformer, Pooling and Normalize are");
            }
        }

        return new SentenceTransformersLayout(pooling, normalizes);
    }

    /// <summary>Writes the layout beside a saved model, so that sentence-transformers opens the folder.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="head">How it pools.</param>
    /// <param name="backbone">Its width and the longest text it reads.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(string folder, EmbeddingHead head, Backbones.Backbone backbone)
    {
        const string package = "sentence_transformers.models.";
        JsonArray modules = [Module(0, "", package + "Transformer"), Module(1, "1_Pooling", package + "Pooling")];
        if (head.Normalizes) modules.Add(Module(2, "2_Normalize", package + "Normalize"));
        JsonObject pooling = new() { ["word_embedding_dimension"] = backbone.HiddenSize };
        foreach ((string key, EmbeddingPooling mode) in s_modes) pooling[key] = head.Pooling == mode;
        JsonObject transformer = new() { ["max_seq_length"] = backbone.PositionLimit ?? 512, ["do_lower_case"] = false };
        Save("modules.json", modules);
        Save(Path.Combine("1_Pooling", "config.json"), pooling);
        if (!File.Exists(Path.Combine(folder, "sentence_bert_config.json"))) Save("sentence_bert_config.json", transformer);

        void Save(string name, JsonNode json) => AtomicFile.WriteText(Path.Combine(folder, name), json.ToJsonString(s_indented) + "\n");

        static JsonObject Module(int index, string path, string type) => new() { ["idx"] = index, ["name"] = $"{index}", ["path"] = path, ["type"] = type };
    }

    private static EmbeddingPooling ReadPooling(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file, but modules.json names it");
        JsonNode json = Parse(path);
        EmbeddingPooling[] chosen = [.. s_modes.Where(mode => json[mode.Key] is JsonValue value && value.TryGetValue(out bool on) && on).Select(mode => mode.Pooling)];
        return chosen.Length == 1 ? chosen[0] : throw new InputException($"{path}: one pooling mode is expected (cls_token, max_tokens, lasttoken or mean_tokens), found {chosen.Length}");
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonNode Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new InputException($"{path}: is empty");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {e.Message}", e);
        }
    }
}
