using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.ModernBert;

/// <summary>
/// ModernBERT's config.json. Files of version 5 of transformers have layer_types and rope_parameters; published ones have
/// global_attn_every_n_layers, global_rope_theta and local_rope_theta.
/// </summary>
internal sealed class ModernBertConfig(JsonObject json) : ModelConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 50281, "classifier_activation": "gelu",
          "classifier_bias": false,
          "classifier_dropout": 0.0, "classifier_pooling": "cls", "cls_token_id": 50281, "decoder_bias": true,
          "deterministic_flash_attn": false,
          "dtype": "float32", "embedding_dropout": 0.0, "eos_token_id": 50282, "global_attn_every_n_layers": 3, "hidden_activation": "gelu",
          "hidden_size": 768, "initializer_cutoff_factor": 2.0, "initializer_range": 0.02, "intermediate_size": 1152,
          "local_attention": 128,
          "max_position_embeddings": 8192, "mlp_bias": false, "mlp_dropout": 0.0, "model_type": "modernbert", "norm_bias": false,
          "norm_eps": 1e-05, "num_attention_heads": 12, "num_hidden_layers": 22, "pad_token_id": 50283, "sep_token_id": 50282,
          "sparse_pred_ignore_index": -100, "sparse_prediction": false, "tie_word_embeddings": true, "vocab_size": 50368
        }
        """;

    private const string Global = "full_attention", Local = "sliding_attention";

    public int IntermediateSize => Positive("intermediate_size");

    public Activation Activation => ActivationOf("hidden_activation");

    public double NormEps => Number("norm_eps");

    public bool NormBias => Flag("norm_bias");

    public bool AttentionBias => Flag("attention_bias");

    public bool FeedForwardBias => Flag("mlp_bias");

    public double EmbeddingDropout => Rate("embedding_dropout");

    public double AttentionDropout => Rate("attention_dropout");

    public double FeedForwardDropout => Rate("mlp_dropout");

    public double ClassifierDropout => Rate("classifier_dropout");

    public override double InitializerCutoff => OptionalNumber("initializer_cutoff_factor") ?? 3;

    /// <summary>Deviation of matrices that write to the residual stream.</summary>
    public double OutputDeviation => InitializerRange / Math.Sqrt(2.0 * LayerCount);

    /// <summary>The largest distance that a local layer sees.</summary>
    public int Window => Positive("local_attention") / 2;

    public override IReadOnlyList<string> DropoutKeys => ["embedding_dropout", "attention_dropout", "mlp_dropout", "classifier_dropout"];

    /// <summary>True for layers that see the whole text.</summary>
    public bool IsGlobal(int layer) => Node("layer_types") is JsonArray types
        ? layer < types.Count && (string?)types[layer] == Global
        : layer % Positive("global_attn_every_n_layers") == 0;

    /// <summary>The rotary base of a layer.</summary>
    public double Theta(int layer)
    {
        bool global = IsGlobal(layer);
        if (Node("rope_parameters")?[global ? Global : Local]?["rope_theta"] is JsonValue value && value.TryGetValue(out double theta))
            return theta;
        return global ? OptionalNumber("global_rope_theta") ?? 160_000 : OptionalNumber("local_rope_theta") ?? 10_000;
    }

    public override void Validate()
    {
        base.Validate();
        _ = (
            IntermediateSize,
            Activation,
            NormEps,
            NormBias,
            AttentionBias,
            FeedForwardBias,
            EmbeddingDropout,
            AttentionDropout,
            FeedForwardDropout,
            Window
        );
        if (Node("layer_types") is JsonArray types && types.Count != LayerCount)
            throw Wrong("layer_types", types, $"one entry for each of {LayerCount} layers");
        if (Text("classifier_pooling") is not ("cls" or "mean"))
            throw Wrong("classifier_pooling", Node("classifier_pooling"), "\"cls\" or \"mean\"");
    }

    /// <summary>With the keys of both versions, so that either reads the same model.</summary>
    public ModelConfig WithKeysOfBothVersions()
    {
        int every = Enumerable.Range(1, LayerCount).FirstOrDefault(i => i == LayerCount || IsGlobal(i), 1);
        int local = Enumerable.Range(0, LayerCount).FirstOrDefault(i => !IsGlobal(i), LayerCount);
        double globalTheta = Theta(0),
            localTheta = local < LayerCount ? Theta(local) : OptionalNumber("local_rope_theta") ?? 10_000;
        return With(
                "layer_types",
                new JsonArray([.. Enumerable.Range(0, LayerCount).Select(i => (JsonNode)(IsGlobal(i) ? Global : Local))])
            )
            .With("rope_parameters", new JsonObject { [Global] = Rope(globalTheta), [Local] = Rope(localTheta) })
            .With("global_attn_every_n_layers", local < LayerCount ? every : 1)
            .With("global_rope_theta", globalTheta).With("local_rope_theta", localTheta);
    }

    protected override ModelConfig Create(JsonObject json) => new ModernBertConfig(json);

    private static JsonObject Rope(double theta) => new() { ["rope_theta"] = theta, ["rope_type"] = "default" };
}
