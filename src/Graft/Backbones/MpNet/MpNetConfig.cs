using System.Text.Json.Nodes;
using Graft.Backbones.Bert;

namespace Graft.Backbones.MpNet;

/// <summary>MPNet's config.json.</summary>
internal sealed class MpNetConfig(JsonObject json) : BertConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "dtype": "float32", "eos_token_id": 2, "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "mpnet", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1,
          "relative_attention_num_buckets": 32, "tie_word_embeddings": true, "vocab_size": 30527
        }
        """;

    /// <summary>The id that positions count from: fixed in this family.</summary>
    public const int Padding = 1;

    /// <summary>There are no segments.</summary>
    public override int Types => 0;

    public override bool PositionsFromPadding => true;

    public override int? PaddingRow => Padding;

    public override double ClassifierDropout => HiddenDropout;

    /// <summary>Rows of the bias table; the forward pass uses the first 32 whatever their number.</summary>
    public int Buckets => Positive("relative_attention_num_buckets");

    public override void Validate()
    {
        base.Validate();
        if (Buckets < MpNet.UsedBuckets)
            throw Wrong("relative_attention_num_buckets", Node("relative_attention_num_buckets"), "at least 32");
    }

    protected override ModelConfig Create(JsonObject json) => new MpNetConfig(json);
}
