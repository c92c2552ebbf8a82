using System.Text.Json.Nodes;
using Graft.Backbones.Bert;

namespace Graft.Backbones.Albert;

/// <summary>ALBERT's config.json.</summary>
internal sealed class AlbertConfig(JsonObject json) : BertConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.0, "bos_token_id": 2, "classifier_dropout_prob": 0.1, "dtype": "float32", "embedding_size": 128,
          "eos_token_id": 3, "hidden_act": "gelu_new", "hidden_dropout_prob": 0.0, "hidden_size": 4096, "initializer_range": 0.02,
          "inner_group_num": 1, "intermediate_size": 16384, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "albert",
          "num_attention_heads": 64, "num_hidden_groups": 1, "num_hidden_layers": 12, "pad_token_id": 0, "tie_word_embeddings": true,
          "type_vocab_size": 2, "vocab_size": 30000
        }
        """;

    /// <summary>Width of the input vectors, smaller than that of the states.</summary>
    public override int EmbeddingSize => Positive("embedding_size");

    /// <summary>Sets of shared weights.</summary>
    public int Groups => Positive("num_hidden_groups");

    /// <summary>Blocks in each set.</summary>
    public int BlocksInGroup => Positive("inner_group_num");

    /// <summary>Nothing is dropped there.</summary>
    public override double FeedForwardDropout => 0;

    /// <summary>This family's key has a name of its own.</summary>
    public override double ClassifierDropout => Has("classifier_dropout_prob") ? Rate("classifier_dropout_prob") : HiddenDropout;

    internal override IReadOnlyList<string> DropoutKeys => ["hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout_prob"];

    public override void Validate()
    {
        base.Validate();
        _ = BlocksInGroup;
        if (Groups > LayerCount) throw Wrong("num_hidden_groups", Node("num_hidden_groups"), "at most num_hidden_layers");
    }

    private protected override ModelConfig Create(JsonObject json) => new AlbertConfig(json);
}
