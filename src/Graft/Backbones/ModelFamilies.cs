using System.Text.Json.Nodes;
using Graft.Backbones.Albert;
using Graft.Backbones.Bert;
using Graft.Backbones.Deberta;
using Graft.Backbones.DebertaV2;
using Graft.Backbones.DistilBert;
using Graft.Backbones.Electra;
using Graft.Backbones.Ernie;
using Graft.Backbones.EuroBert;
using Graft.Backbones.Gpt2;
using Graft.Backbones.Gte;
using Graft.Backbones.ModernBert;
using Graft.Backbones.MpNet;
using Graft.Backbones.NomicBert;
using Graft.Backbones.Roberta;
using Graft.Backbones.T5;

namespace Graft.Backbones;

/// <summary>
/// The families that Graft knows: a line each, and those that a program registers, which are then loaded, trained, tuned and saved like the
/// others (samples/CustomBackbone).
/// </summary>
public static class ModelFamilies
{
    private static readonly Lock s_lock = new();

    private static volatile ModelFamily[] s_all =
    [
        new BertFamily(),
        new ModernBertFamily(),
        new RobertaFamily("roberta", "Roberta"),
        new RobertaFamily("xlm-roberta", "XLMRoberta"),
        new RobertaFamily("camembert", "Camembert"),
        new RobertaFamily("data2vec-text", "Data2VecText", "data2vec_text."),
        new DistilBertFamily(),
        new AlbertFamily(),
        new ElectraFamily(),
        new Gpt2Family(),
        new T5Family("t5", "T5"),
        new T5Family("mt5", "MT5"),
        new MpNetFamily(),
        new DebertaV2Family(),
        new DebertaFamily(),
        new ErnieFamily(),
        new NomicBertFamily(),
        new GteFamily("gte", "Gte"),
        new GteFamily("new", "New"),
        new EuroBertFamily(),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelFamily> All => s_all;

    /// <summary>Adds a family; from then on its models are read like any other's.</summary>
    /// <exception cref="ArgumentException">Its model_type is taken.</exception>
    public static void Register(ModelFamily family)
    {
        ArgumentNullException.ThrowIfNull(family);
        lock (s_lock)
        {
            if (s_all.Any(known => known.ModelType == family.ModelType))
                throw new ArgumentException($"there is a family of model_type \"{family.ModelType}\" already", nameof(family));
            s_all = [.. s_all, family];
        }
    }

    /// <summary>The family of a model_type.</summary>
    /// <param name="modelType">config.json's model_type.</param>
    /// <param name="source">The file, for the message.</param>
    /// <exception cref="InputException">There is none.</exception>
    public static ModelFamily Of(string modelType, string source) =>
        s_all.FirstOrDefault(family => family.ModelType == modelType)
        ?? throw new InputException(
            $"{source}: model_type \"{modelType}\" is not supported: {string.Join(", ", s_all.Select(family => family.ModelType))} are"
        );

    /// <summary>Reads a config.json (or Google's bert_config.json).</summary>
    /// <exception cref="InputException">The file is missing, no JSON object, of an unknown family, or has impossible values.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file; a model folder has a config.json");
        JsonObject json = ModelJson.ReadObject(path);
        try
        {
            ModelFamily family = Of(ModelType(json, path), path);
            RefuseForeignCode(json, family);
            ConfigKeys.RefuseUnfollowed(json, family);
            ModelConfig config = family.ReadConfig(json);
            config.Validate();
            return config;
        }
        catch (InputException e) when (e.Message.StartsWith("config.json:", StringComparison.Ordinal))
        {
            throw new InputException(path + e.Message["config.json".Length..], e);
        }
    }

    /// <summary>
    /// A folder may bring code of its own: it is never run, and its numbers are known only where the family is that code's.
    /// </summary>
    private static void RefuseForeignCode(JsonObject json, ModelFamily family)
    {
        if (json["auto_map"] is not JsonObject map)
            return;
        foreach (
            (string role, JsonNode? value) in map.Where(pair =>
                pair.Key == "AutoConfig" || pair.Key.StartsWith("AutoModel", StringComparison.Ordinal)
            )
        )
        {
            string named = value is JsonValue text && text.TryGetValue(out string? found) ? found : value?.ToJsonString() ?? "null";
            if (!family.Implements(named[(named.LastIndexOf('.') + 1)..]))
                throw new InputException(
                    $"config.json: \"auto_map\" names code of the folder's own ({role}: {named}), which Graft never runs and has no "
                        + $"class for: convert the model to one that transformers has, or take another"
                );
        }
    }

    private static string ModelType(JsonObject json, string path)
    {
        if (json["model_type"] is JsonNode named)
            return named is JsonValue value && value.TryGetValue(out string? text)
                ? text
                : throw ModelConfig.Wrong("model_type", named, "a text");
        bool google = json.ContainsKey("type_vocab_size") && json.ContainsKey("hidden_act"); // files of 2018 do not say
        return google ? "bert" : throw new InputException($"{path}: has no model_type");
    }
}
