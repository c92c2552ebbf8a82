using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.Deberta;

/// <summary>DeBERTa's config.json: BERT's keys, and those of relative positions.</summary>
internal class DebertaConfig : BertConfig
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.1, "bos_token_id": null, "dtype": "float32", "eos_token_id": null, "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-07,
          "legacy": true, "max_position_embeddings": 512, "max_relative_positions": -1, "model_type": "deberta",
          "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0, "pooler_dropout": 0.0, "pooler_hidden_act": "gelu",
          "pos_att_type": [], "position_biased_input": true, "relative_attention": false, "tie_word_embeddings": true,
          "type_vocab_size": 0, "vocab_size": 50265
        }
        """;

    public DebertaConfig(JsonObject json)
        : base(json, Defaults)
    {
    }

    private protected DebertaConfig(JsonObject json, string defaults)
        : base(json, defaults)
    {
    }

    /// <summary>Absolute positions are added to the input where position_biased_input says so.</summary>
    public override int Positions => Flag("position_biased_input") ? base.Positions : 0;

    public override int Types => Int("type_vocab_size");

    public double PoolerDropout => Rate("pooler_dropout");

    public Activation PoolerActivation => ActivationOf("pooler_hidden_act");

    public override double ClassifierDropout => Has("cls_dropout") ? Rate("cls_dropout") : HiddenDropout;

    public bool IsRelative => Flag("relative_attention");

    /// <summary>Content looks at positions.</summary>
    public bool ContentToPosition => IsRelative && AttentionTypes.Contains("c2p", StringComparer.Ordinal);

    /// <summary>Positions look at content.</summary>
    public bool PositionToContent => IsRelative && AttentionTypes.Contains("p2c", StringComparer.Ordinal);

    /// <summary>What pos_att_type names, a list or "c2p|p2c".</summary>
    public IReadOnlyList<string> AttentionTypes =>
        Node("pos_att_type") switch
        {
            JsonArray names => [.. names.Select(name => (string?)name ?? "")],
            JsonValue value when value.TryGetValue(out string? names) => names.Split(
                '|',
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
            ),
            _ => [],
        };

    /// <summary>The largest distance that counts.</summary>
    public int MaxDistance => OptionalInt("max_relative_positions") is > 0 and int distance ? distance : base.Positions;

    /// <summary>Rows of the relative table on each side.</summary>
    public virtual int Span => MaxDistance;

    public override void Validate()
    {
        base.Validate();
        _ = (IsRelative, MaxDistance, PoolerDropout, PoolerActivation, Flag("legacy"));
        if (OptionalInt("pooler_hidden_size") is int pooled && pooled != HiddenSize)
            throw Wrong("pooler_hidden_size", Node("pooler_hidden_size"), "the same as hidden_size");
        if (OptionalInt("embedding_size") is int width && width != HiddenSize)
            throw Wrong("embedding_size", Node("embedding_size"), "the same as hidden_size");
        if (AttentionTypes.FirstOrDefault(type => type is not ("c2p" or "p2c")) is not null)
            throw Wrong("pos_att_type", Node("pos_att_type"), "\"c2p\" and \"p2c\"");
        if (Has("talking_head") && Flag("talking_head"))
            throw Wrong("talking_head", Node("talking_head"), "false");
    }

    protected override ModelConfig Create(JsonObject json) => new DebertaConfig(json);
}
