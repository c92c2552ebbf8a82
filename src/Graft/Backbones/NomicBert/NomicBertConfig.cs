using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.NomicBert;

/// <summary>
/// NomicBERT's config.json: that of transformers (hidden_size …), or that of the code it was published with (n_embd, rotary_emb_base …),
/// whose keys are completed by the other's.
/// </summary>
internal class NomicBertConfig : BertConfig
{
    private const string Defaults = """
        {
          "attention_probs_dropout_prob": 0.0, "bos_token_id": null, "classifier_dropout": null, "dtype": "float32", "eos_token_id": null,
          "hidden_act": "silu", "hidden_dropout_prob": 0.0, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
          "layer_norm_eps": 1e-12, "max_position_embeddings": 2048, "model_type": "nomic_bert", "num_attention_heads": 12,
          "num_hidden_layers": 12, "pad_token_id": 0, "rope_parameters": { "rope_theta": 1000.0, "rope_type": "default" },
          "type_vocab_size": 2, "vocab_size": 30528
        }
        """;

    private static readonly (string Published, string Key)[] s_published =
    [
        ("n_embd", "hidden_size"), ("n_head", "num_attention_heads"), ("n_layer", "num_hidden_layers"), ("n_inner", "intermediate_size"),
        ("layer_norm_epsilon", "layer_norm_eps"), ("attn_pdrop", "attention_probs_dropout_prob"), ("resid_pdrop", "hidden_dropout_prob"),
    ];

    /// <summary>Keys of the published code that change what is computed, and the only value that is implemented.</summary>
    private static readonly (string Key, JsonNode? Value)[] s_only =
    [
        ("prenorm", false),
        ("parallel_block", false),
        ("causal", false),
        ("qkv_proj_bias", false),
        ("mlp_fc1_bias", false),
        ("mlp_fc2_bias", false),
        ("use_rms_norm", false),
        ("rotary_emb_fraction", 1.0),
        ("rotary_emb_interleaved", false),
        ("rotary_emb_scale_base", null),
        ("num_experts", 0),
        ("moe_every_n_layers", 0),
        ("scale_attn_weights", true),
        ("scale_attn_by_inverse_layer_idx", false),
    ];

    private static readonly HashSet<string> s_read = new(
        [
            .. s_published.Select(pair => pair.Published),
            .. s_only.Select(pair => pair.Key),
            "activation_function",
            "head_dim",
            "max_trained_positions",
            "pad_vocab_size_multiple",
            "position_embedding_type",
            "rope_parameters",
            "rotary_emb_base",
            "rotary_scaling_factor",
        ],
        StringComparer.Ordinal
    );

    /// <summary>
    /// Keys of the published code without effect on the numbers: how it computes, what GPT-2's configuration has besides, and what counts
    /// among experts only.
    /// </summary>
    private static readonly HashSet<string> s_withoutEffect = new(StringComparer.Ordinal)
    {
        "add_pooling_layer",
        "dense_seq_output",
        "embd_pdrop",
        "expert_choice_router",
        "ffn_div",
        "fused_bias_fc",
        "fused_dropout_add_ln",
        "moe_impl",
        "moe_normalize_expert_weights",
        "moe_resid_pdrop",
        "moe_top_k",
        "num_shared_experts",
        "parallel_block_tied_norm",
        "reorder_and_upcast_attn",
        "router_aux_loss_coef",
        "summary_activation",
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "use_xentropy",
    };

    public NomicBertConfig(JsonObject json)
        : base(Completed(json), Defaults)
    {
    }

    private protected NomicBertConfig(JsonObject json, string defaults)
        : base(json, defaults)
    {
    }

    /// <summary>Whether a key of the published code's is read, checked or known to change no number.</summary>
    public static bool Reads(string key) => s_read.Contains(key) || s_withoutEffect.Contains(key);

    public override int Positions => 0;

    public override int Types => Int("type_vocab_size");

    /// <summary>N.</summary>
    public int HeadSize => OptionalInt("head_dim") ?? HiddenSize / HeadCount;

    /// <summary>The base of the rotary frequencies.</summary>
    public virtual double RotaryBase => Node("rope_parameters")?["rope_theta"] is JsonValue value && value.TryGetValue(out double theta)
        ? theta
        : throw Wrong("rope_parameters", Node("rope_parameters"), "an object with rope_theta");

    /// <summary>Every frequency is divided by this.</summary>
    public virtual double RotaryDivisor => 1;

    /// <summary>Whether the attention's projections have biases.</summary>
    public virtual bool AttentionBias => false;

    /// <summary>Whether the last feed-forward matrix has one.</summary>
    public virtual bool DownBias => false;

    /// <summary>On the gated values.</summary>
    public virtual double BetweenDropout => 0;

    /// <summary>Beyond it, published code with rotary_scaling_factor turns by other angles; such texts are refused.</summary>
    public override int? PositionLimit =>
        OptionalNumber("rotary_scaling_factor") is null ? null : OptionalInt("max_trained_positions") ?? Int("max_position_embeddings");

    private protected override string PositionKind => "rope";

    protected override bool HeadsShareWidth => !Has("head_dim");

    public override void Validate()
    {
        base.Validate();
        _ = (HeadSize, RotaryBase, RotaryDivisor);
        if (Types < 0) throw Wrong("type_vocab_size", Node("type_vocab_size"), "0 or more");
        if (HeadSize % 2 != 0) throw Wrong("head_dim", HeadSize, "an even number: rotary positions turn pairs");
        if (Node("rope_parameters")?["rope_type"] is JsonNode type && (string?)type != "default")
            throw Wrong("rope_parameters", Node("rope_parameters"), "rope_type \"default\"");
        RefuseOthers();
    }

    /// <summary>Refuses values of the published code's keys that change what is computed.</summary>
    private protected virtual void RefuseOthers()
    {
        foreach ((string key, JsonNode? only) in s_only)
        {
            if (
                Node(key) is JsonNode found
                && !(
                    only is JsonValue value
                    && JsonNode.DeepEquals(JsonNode.Parse(found.ToJsonString()), JsonNode.Parse(value.ToJsonString()))
                )
                && !IsSameNumber(found, only)
            )
                throw Wrong(key, found, only?.ToJsonString() ?? "null");
        }

        if (Has("activation_function") && Text("activation_function") is not ("swiglu" or "geglu"))
            throw Wrong("activation_function", Node("activation_function"), "\"swiglu\" or \"geglu\"");
    }

    protected override ModelConfig Create(JsonObject json) => new NomicBertConfig(json);

    private static bool IsSameNumber(JsonNode found, JsonNode? only) =>
        found is JsonValue left && left.TryGetValue(out double a) && only is JsonValue right && right.TryGetValue(out double b) && a == b;

    private static JsonObject Completed(JsonObject json)
    {
        JsonObject complete = json.DeepClone().AsObject();
        foreach ((string published, string key) in s_published)
        {
            if (complete[key] is null && complete[published] is JsonNode value) complete[key] = value.DeepClone();
        }

        if (complete["hidden_act"] is null && (string?)complete["activation_function"] is string gated)
            complete["hidden_act"] = gated == "geglu" ? "gelu" : "silu";
        if (complete["rope_parameters"] is null && complete["rotary_emb_base"] is JsonNode theta)
            complete["rope_parameters"] = new JsonObject { ["rope_theta"] = theta.DeepClone(), ["rope_type"] = "default" };
        // The published code makes the word table longer, up to a multiple of this.
        if (Whole(complete["pad_vocab_size_multiple"]) is > 1 and int multiple && Whole(complete["vocab_size"]) is > 0 and int words)
            complete["vocab_size"] = JsonNode.Parse(FormattableString.Invariant($"{(words + (long)multiple - 1) / multiple * multiple}"));
        return complete;
    }

    private static int? Whole(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : null;
}
