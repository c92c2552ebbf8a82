using System.Text.Json.Nodes;
using Graft.Backbones.Bert;

namespace Graft.Backbones.Ernie;

/// <summary>ERNIE's config.json: BERT's keys, and those of the tasks.</summary>
internal sealed class ErnieConfig(JsonObject json) : BertConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "add_cross_attention": false, "attention_probs_dropout_prob": 0.1, "bos_token_id": null, "classifier_dropout": null,
          "dtype": "float32", "eos_token_id": null, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
          "initializer_range": 0.02, "intermediate_size": 3072, "is_decoder": false, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "ernie", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
          "task_type_vocab_size": 3, "tie_word_embeddings": true, "type_vocab_size": 2, "use_cache": true, "use_task_id": false,
          "vocab_size": 30522
        }
        """;

    /// <summary>Rows of the table of tasks; 0 where use_task_id is false, whatever task_type_vocab_size says.</summary>
    public int Tasks => Flag("use_task_id") ? Positive("task_type_vocab_size") : 0;

    public override void Validate()
    {
        base.Validate();
        _ = Tasks;
    }

    protected override ModelConfig Create(JsonObject json) => new ErnieConfig(json);
}
