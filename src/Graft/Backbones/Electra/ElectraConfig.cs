using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.Electra;

/// <summary>ELECTRA's config.json, of generator and discriminator alike.</summary>
internal sealed class ElectraConfig(JsonObject json) : BertConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "add_cross_attention": false, "attention_probs_dropout_prob": 0.1, "bos_token_id": null, "classifier_dropout": null,
          "dtype": "float32", "embedding_size": 128, "eos_token_id": null, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "hidden_size": 256, "initializer_range": 0.02, "intermediate_size": 1024, "is_decoder": false, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "electra", "num_attention_heads": 4, "num_hidden_layers": 12, "pad_token_id": 0,
          "summary_activation": "gelu", "summary_last_dropout": 0.1, "summary_type": "first", "summary_use_proj": true,
          "tie_word_embeddings": true, "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
        }
        """;

    /// <summary>Word vectors may be smaller than the states.</summary>
    public override int EmbeddingSize => Positive("embedding_size");

    /// <summary>Before the score of a choice.</summary>
    public double SummaryDropout => Rate("summary_last_dropout");

    /// <summary>After the summary's matrix.</summary>
    public Activation SummaryActivation => Has("summary_activation") ? ActivationOf("summary_activation") : Activation.None;

    internal override IReadOnlyList<string> DropoutKeys => ["hidden_dropout_prob", "attention_probs_dropout_prob", "summary_last_dropout"];

    private protected override ModelConfig Create(JsonObject json) => new ElectraConfig(json);
}
