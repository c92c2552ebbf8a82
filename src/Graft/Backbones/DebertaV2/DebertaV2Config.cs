using System.Text.Json.Nodes;
using Graft.Backbones.Deberta;
using Graft.Torch;

namespace Graft.Backbones.DebertaV2;

/// <summary>DeBERTa-v2's and v3's config.json.</summary>
internal sealed class DebertaV2Config(JsonObject json) : DebertaConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.1, "bos_token_id": null, "dtype": "float32", "eos_token_id": null, "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1, "hidden_size": 1536, "initializer_range": 0.02, "intermediate_size": 6144, "layer_norm_eps": 1e-07,
          "legacy": true, "max_position_embeddings": 512, "max_relative_positions": -1, "model_type": "deberta-v2",
          "num_attention_heads": 24, "num_hidden_layers": 24, "pad_token_id": 0, "pooler_dropout": 0.0, "pooler_hidden_act": "gelu",
          "pos_att_type": [], "position_biased_input": true, "relative_attention": false, "tie_word_embeddings": true,
          "type_vocab_size": 0, "vocab_size": 128100
        }
        """;

    /// <summary>Positions go through the matrices of the content.</summary>
    public bool SharesMatrices => Has("share_att_key") && Flag("share_att_key");

    /// <summary>Logarithmic buckets on each side; 0 for exact distances.</summary>
    public int Buckets => OptionalInt("position_buckets") is > 0 and int buckets ? buckets : 0;

    public override int Span => Buckets > 0 ? Buckets : MaxDistance;

    public bool NormalisesRelative => Has("norm_rel_ebd") && Text("norm_rel_ebd").Contains("layer_norm", StringComparison.Ordinal);

    /// <summary>Width of the convolution beside the first layer; 0 for none.</summary>
    public int ConvolutionWidth => OptionalInt("conv_kernel_size") ?? 0;

    public int ConvolutionGroups => OptionalInt("conv_groups") ?? 1;

    public Activation ConvolutionActivation => Has("conv_act") ? ActivationOf("conv_act") : Activation.Tanh;

    public override void Validate()
    {
        base.Validate();
        _ = (Span, ConvolutionWidth, ConvolutionActivation);
        if (OptionalInt("attention_head_size") is int size && size != HiddenSize / HeadCount)
            throw Wrong("attention_head_size", Node("attention_head_size"), "hidden_size / num_attention_heads");
        if (ConvolutionWidth % 2 == 0 && ConvolutionWidth > 0)
            throw Wrong("conv_kernel_size", Node("conv_kernel_size"), "an odd number");
    }

    protected override ModelConfig Create(JsonObject json) => new DebertaV2Config(json);
}
