using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Roberta;

/// <summary>RoBERTa's and XLM-RoBERTa's config.json.</summary>
internal sealed class RobertaConfig(JsonObject json) : ModelConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "add_cross_attention": false, "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "classifier_dropout": null,
          "dtype": "float32", "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
          "initializer_range": 0.02, "intermediate_size": 3072, "is_decoder": false, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "roberta", "num_attention_heads": 12, "num_hidden_layers": 12,
          "pad_token_id": 1, "tie_word_embeddings": true, "type_vocab_size": 2, "use_cache": true, "vocab_size": 50265
        }
        """;

    public int IntermediateSize => Positive("intermediate_size");

    public int Positions => Positive("max_position_embeddings");

    public int Types => Positive("type_vocab_size");

    public Activation Activation => ActivationOf("hidden_act");

    public double LayerNormEps => Number("layer_norm_eps");

    public double HiddenDropout => Rate("hidden_dropout_prob");

    public double AttentionDropout => Rate("attention_probs_dropout_prob");

    /// <summary>Before the classifier; the hidden dropout where the file does not say.</summary>
    public double ClassifierDropout => Has("classifier_dropout") ? Rate("classifier_dropout") : HiddenDropout;

    internal override IReadOnlyList<string> DropoutKeys => ["hidden_dropout_prob", "attention_probs_dropout_prob"];

    public override void Validate()
    {
        base.Validate();
        _ = (IntermediateSize, Positions, Types, Activation, LayerNormEps, HiddenDropout, AttentionDropout, ClassifierDropout);
        if (PadTokenId is null) throw Wrong("pad_token_id", null, "a whole number: positions count from it");
        if (Positions <= PadTokenId + 1) throw Wrong("max_position_embeddings", Node("max_position_embeddings"), "more than pad_token_id + 1");
    }

    private protected override ModelConfig Create(JsonObject json) => new RobertaConfig(json);
}
