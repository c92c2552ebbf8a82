namespace Graft.Backbones.NomicBert;

/// <summary>
/// What a checkpoint calls the parts, and which of them are one matrix: those of transformers, or those of the code that a family was
/// published with.
/// </summary>
/// <param name="EmbeddingNorm">After the embeddings.</param>
/// <param name="Layers">Before a layer's number.</param>
/// <param name="QueryKeyValue">Rows of query, key and value in one matrix, or the three names.</param>
/// <param name="AttentionOutput">After the attention.</param>
/// <param name="AttentionNorm">After the attention's sum.</param>
/// <param name="UpGate">Rows of up and gate in one matrix, or the two names.</param>
/// <param name="Down">From the gated values back.</param>
/// <param name="OutputNorm">After the feed-forward sum.</param>
internal sealed record NomicBertNames(
    string EmbeddingNorm,
    string Layers,
    string[] QueryKeyValue,
    string AttentionOutput,
    string AttentionNorm,
    string[] UpGate,
    string Down,
    string OutputNorm
)
{
    /// <summary>The names of transformers, for both families.</summary>
    public static NomicBertNames Transformers { get; } =
        new(
            "embeddings.LayerNorm",
            "layers",
            ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
            "self_attn.o_proj",
            "post_attention_layernorm",
            ["mlp.up_proj", "mlp.gate_proj"],
            "mlp.down_proj",
            "post_mlp_layernorm"
        );

    /// <summary>NomicBERT's published code.</summary>
    public static NomicBertNames Nomic { get; } =
        new("emb_ln", "encoder.layers", ["attn.Wqkv"], "attn.out_proj", "norm1", ["mlp.fc11", "mlp.fc12"], "mlp.fc2", "norm2");

    /// <summary>GTE's published code.</summary>
    public static NomicBertNames Gte { get; } =
        new(
            "embeddings.LayerNorm",
            "encoder.layer",
            ["attention.qkv_proj"],
            "attention.o_proj",
            "attn_ln",
            ["mlp.up_gate_proj"],
            "mlp.down_proj",
            "mlp_ln"
        );
}
