using System.Text.Json.Nodes;

namespace Graft.Backbones.T5;

/// <summary>
/// mT5's config.json: T5 1.1 with other sizes where the file does not say. What the decoder gives is never scaled, and whether the output
/// matrix is one of its own is told by the file alone: published configurations say so, those of version 5 of transformers always say
/// "tied".
/// </summary>
internal sealed class MT5Config(JsonObject json) : T5Config(json, Defaults, "gated-gelu", 8)
{
    private const string Defaults = """
        {
          "bos_token_id": null, "classifier_dropout": 0.0, "d_ff": 1024, "d_kv": 64, "d_model": 512, "decoder_start_token_id": 0,
          "dropout_rate": 0.1, "dtype": "float32", "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0,
          "is_decoder": false, "is_encoder_decoder": true, "layer_norm_epsilon": 1e-06, "model_type": "mt5", "num_heads": 6,
          "num_layers": 8,
          "pad_token_id": 0, "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "tie_word_embeddings": true,
          "use_cache": true, "vocab_size": 250112
        }
        """;

    public override bool ScalesOutputs => false;

    public override ModelConfig Refine(IReadOnlySet<string> keys)
    {
        bool own = keys.Contains("lm_head.weight"),
            judges = keys.Any(key =>
                key.StartsWith("qa_outputs.", StringComparison.Ordinal) || key.StartsWith("classif", StringComparison.Ordinal)
            );
        bool writes = own || (!judges && keys.Any(key => key.StartsWith("decoder.", StringComparison.Ordinal)));
        return writes && own == IsTied ? With("tie_word_embeddings", !own) : this;
    }

    protected override ModelConfig Create(JsonObject json) => new MT5Config(json);
}
