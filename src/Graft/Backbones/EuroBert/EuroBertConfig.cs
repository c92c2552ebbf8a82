using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.EuroBert;

/// <summary>EuroBERT's config.json: that of transformers 5 (rope_parameters), or as published (rope_theta, clf_pooling).</summary>
internal sealed class EuroBertConfig(JsonObject json) : ModelConfig(Completed(json), Defaults)
{
    private const string Defaults = """
        {
          "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000, "classifier_pooling": "late", "dtype": "float32",
          "eos_token_id": 128001, "hidden_act": "silu", "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
          "mask_token_id": 128002, "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "eurobert", "num_attention_heads": 12,
          "num_hidden_layers": 12, "pad_token_id": 128001, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "tie_word_embeddings": false,
          "use_cache": true, "vocab_size": 128256
        }
        """;

    private const double UsualBase = 10_000;

    public int IntermediateSize => Positive("intermediate_size");

    /// <summary>G, the heads of keys and values; each serves as many query heads.</summary>
    public int KeyValueHeads => OptionalInt("num_key_value_heads") ?? HeadCount;

    /// <summary>N.</summary>
    public int HeadSize => OptionalInt("head_dim") ?? HiddenSize / HeadCount;

    public Activation Activation => ActivationOf("hidden_act");

    public double NormEps => Number("rms_norm_eps");

    public double AttentionDropout => Rate("attention_dropout");

    public bool AttentionBias => Flag("attention_bias");

    public bool FeedForwardBias => Flag("mlp_bias");

    /// <summary>The output matrix is the word table.</summary>
    public bool IsTied => Flag("tie_word_embeddings");

    /// <summary>"late" (scores of every token, then their mean), "mean" or "bos".</summary>
    public string ClassifierPooling => Text("classifier_pooling");

    /// <summary>The base of the rotary frequencies.</summary>
    public double RotaryBase => Node("rope_parameters")?["rope_theta"] is JsonValue value && value.TryGetValue(out double theta)
        ? theta
        : OptionalNumber("rope_theta") ?? UsualBase;

    public override IReadOnlyList<string> DropoutKeys => ["attention_dropout"];

    protected override bool HeadsShareWidth => !Has("head_dim");

    public override void Validate()
    {
        base.Validate();
        _ = (IntermediateSize, Activation, NormEps, AttentionDropout, AttentionBias, FeedForwardBias, IsTied, RotaryBase);
        if (KeyValueHeads < 1 || HeadCount % KeyValueHeads != 0)
            throw Wrong("num_key_value_heads", Node("num_key_value_heads"), $"a divisor of num_attention_heads ({HeadCount})");
        if (HeadSize < 2 || HeadSize % 2 != 0)
            throw Wrong("head_dim", HeadSize, "an even number: rotary positions turn pairs");
        if (ClassifierPooling is not ("late" or "mean" or "bos"))
            throw Wrong("classifier_pooling", Node("classifier_pooling"), "\"late\", \"mean\" or \"bos\"");
        if (Node("rope_scaling") is JsonNode scaling)
            throw Wrong("rope_scaling", scaling, "null");
        if (Node("rope_parameters")?["rope_type"] is JsonNode type && (string?)type != "default")
            throw Wrong("rope_parameters", Node("rope_parameters"), "rope_type \"default\"");
    }

    protected override ModelConfig Create(JsonObject json) => new EuroBertConfig(json);

    private static JsonObject Completed(JsonObject json)
    {
        JsonObject complete = json.DeepClone().AsObject();
        if (complete["classifier_pooling"] is null && complete["clf_pooling"] is JsonNode pooling)
            complete["classifier_pooling"] = pooling.DeepClone();
        return complete;
    }
}
