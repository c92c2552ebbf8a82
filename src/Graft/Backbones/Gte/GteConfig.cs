using System.Text.Json.Nodes;
using Graft.Backbones.NomicBert;

namespace Graft.Backbones.Gte;

/// <summary>
/// GTE's config.json: that of transformers (model_type "gte", rope_parameters), or that of the code it was published with (model_type
/// "new", rope_theta, rope_scaling).
/// </summary>
internal sealed class GteConfig(JsonObject json) : NomicBertConfig(Completed(json), Defaults)
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.0, "bos_token_id": null, "classifier_dropout": null, "dtype": "float32", "eos_token_id": null,
          "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
          "layer_norm_eps": 1e-12, "max_position_embeddings": 8192, "model_type": "gte", "num_attention_heads": 12, "num_hidden_layers": 12,
          "pad_token_id": 1, "rope_parameters": { "rope_theta": 160000.0, "rope_type": "default" }, "tie_word_embeddings": true,
          "type_vocab_size": 1, "vocab_size": 250048
        }
        """;

    /// <summary>The published code's name of the model's type.</summary>
    public const string PublishedType = "new";

    private static readonly HashSet<string> s_known = new(StringComparer.Ordinal)
    {
        "layer_norm_type",
        "logn_attention_clip1", // of logn_attention_scale alone
        "logn_attention_scale",
        "pack_qkv",
        "position_embedding_type",
        "rope_parameters",
        "rope_scaling",
        "rope_theta",
        "unpad_inputs", // how it computes, like the next
        "use_memory_efficient_attention",
    };

    /// <summary>Whether a key of the published code's is read, checked or known to change no number.</summary>
    public static bool Knows(string key) => s_known.Contains(key);

    public override double RotaryBase => base.RotaryBase * Scaling;

    /// <summary>
    /// Published code stretches the frequencies by NTK scaling: the base grows by a factor, and every frequency shrinks by factor^(2/N).
    /// </summary>
    public override double RotaryDivisor => Math.Pow(Scaling, 2.0 / HeadSize);

    public override bool AttentionBias => true;

    public override bool DownBias => true;

    public override double BetweenDropout => HiddenDropout;

    public override int? PositionLimit => null;

    private double Scaling => Node("rope_scaling")?["factor"] is JsonValue value && value.TryGetValue(out double factor) ? factor : 1;

    private protected override void RefuseOthers()
    {
        Only("layer_norm_type", "layer_norm");
        Only("logn_attention_scale", false);
        Only("pack_qkv", true);
        if (
            Node("rope_scaling") is JsonNode scaling
            && !((string?)(scaling["type"] ?? scaling["rope_type"]) == "ntk" && scaling["mixed_b"] is null && Scaling >= 1)
        )
            throw Wrong("rope_scaling", scaling, "null, or type \"ntk\" with a factor of at least 1 and no mixed_b");
    }

    private void Only(string key, JsonNode value)
    {
        if (Node(key) is JsonNode found && found.ToJsonString() != value.ToJsonString()) throw Wrong(key, found, value.ToJsonString());
    }

    protected override ModelConfig Create(JsonObject json) => new GteConfig(json);

    private static JsonObject Completed(JsonObject json)
    {
        JsonObject complete = json.DeepClone().AsObject();
        if (complete["rope_parameters"] is null && (string?)complete["model_type"] == PublishedType)
            complete["rope_parameters"] = new JsonObject
            {
                ["rope_theta"] = complete["rope_theta"]?.DeepClone() ?? 10_000.0,
                ["rope_type"] = "default",
            };
        return complete;
    }
}
