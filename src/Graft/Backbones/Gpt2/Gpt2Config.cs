using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Gpt2;

/// <summary>GPT-2's config.json, which has names of its own.</summary>
internal sealed class Gpt2Config(JsonObject json) : ModelConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "activation_function": "gelu_new", "add_cross_attention": false, "attn_pdrop": 0.1, "bos_token_id": 50256, "dtype": "float32",
          "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gpt2",
          "n_embd": 768, "n_head": 12, "n_inner": null, "n_layer": 12, "n_positions": 1024, "pad_token_id": null,
          "reorder_and_upcast_attn": false, "resid_pdrop": 0.1, "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true,
          "summary_activation": null, "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
          "summary_use_proj": true, "tie_word_embeddings": true, "use_cache": true, "vocab_size": 50257
        }
        """;

    public override int HiddenSize => Positive("n_embd");

    public override int LayerCount => Positive("n_layer");

    public override int HeadCount => Positive("n_head");

    public int IntermediateSize => OptionalInt("n_inner") ?? 4 * HiddenSize;

    public int Positions => Positive("n_positions");

    public override int? PositionLimit => Positions;

    public Activation Activation => ActivationOf("activation_function");

    public double LayerNormEps => Number("layer_norm_epsilon");

    public double EmbeddingDropout => Rate("embd_pdrop");

    public double AttentionDropout => Rate("attn_pdrop");

    public double ResidualDropout => Rate("resid_pdrop");

    /// <summary>Before a token's classifier; a key that files rarely have.</summary>
    public double ClassifierDropout => Has("classifier_dropout") ? Rate("classifier_dropout") : 0.1;

    internal override IReadOnlyList<string> DropoutKeys => ["embd_pdrop", "attn_pdrop", "resid_pdrop"];

    /// <summary>What a layer's scores are multiplied by.</summary>
    public double Scale(int layer)
    {
        double scale = Flag("scale_attn_weights") ? 1 / Math.Sqrt((double)HiddenSize / HeadCount) : 1;
        return Flag("scale_attn_by_inverse_layer_idx") ? scale / (layer + 1) : scale;
    }

    public override void Validate()
    {
        base.Validate();
        _ = (IntermediateSize, Positions, Activation, LayerNormEps, EmbeddingDropout, AttentionDropout, ResidualDropout, Scale(0));
    }

    private protected override ModelConfig Create(JsonObject json) => new Gpt2Config(json);
}
