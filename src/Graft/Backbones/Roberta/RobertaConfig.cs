using System.Text.Json.Nodes;
using Graft.Backbones.Bert;

namespace Graft.Backbones.Roberta;

/// <summary>RoBERTa's and XLM-RoBERTa's config.json: BERT's keys with other values where the file does not say.</summary>
internal sealed class RobertaConfig(JsonObject json) : BertConfig(json, Defaults)
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

    public override bool PositionsFromPadding => true;

    private protected override ModelConfig Create(JsonObject json) => new RobertaConfig(json);
}
