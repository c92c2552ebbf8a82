using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Bert;

/// <summary>
/// BERT's config.json; also Google's bert_config.json, whose missing keys have BERT's values. Families that kept BERT's encoder derive
/// their configuration from it and state what theirs says differently.
/// </summary>
internal class BertConfig : ModelConfig
{
    private const string Defaults = """
        {
          "add_cross_attention": false, "attention_probs_dropout_prob": 0.1, "bos_token_id": null, "classifier_dropout": null,
          "dtype": "float32", "eos_token_id": null, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
          "initializer_range": 0.02, "intermediate_size": 3072, "is_decoder": false, "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12,
          "pad_token_id": 0, "tie_word_embeddings": true, "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522
        }
        """;

    public BertConfig(JsonObject json)
        : base(json, Defaults)
    {
    }

    /// <param name="json">The file's keys.</param>
    /// <param name="defaults">The family's keys, as JSON text.</param>
    private protected BertConfig(JsonObject json, string defaults)
        : base(json, defaults)
    {
    }

    /// <summary>Width of the input vectors, that of the states in most families.</summary>
    public virtual int EmbeddingSize => HiddenSize;

    /// <summary>Width between the two matrices of the feed-forward half.</summary>
    public virtual int IntermediateSize => Positive("intermediate_size");

    /// <summary>Rows of the position table; 0 for none.</summary>
    public virtual int Positions => Positive("max_position_embeddings");

    /// <summary>Positions count the tokens that are not padding, from the pad id + 1 (RoBERTa); else the columns, from 0.</summary>
    public virtual bool PositionsFromPadding => false;

    /// <summary>The only position_embedding_type that the family implements.</summary>
    private protected virtual string PositionKind => "absolute";

    /// <summary>Rows of the segment table; 0 for none.</summary>
    public virtual int Types => Positive("type_vocab_size");

    /// <summary>The row of the word table that stands for padding and has no gradient; null for none.</summary>
    public virtual int? PaddingRow => PadTokenId;

    /// <summary>Between the two matrices of the feed-forward half.</summary>
    public virtual Activation Activation => ActivationOf("hidden_act");

    /// <summary>Added to the variance in every norm.</summary>
    public virtual double LayerNormEps => Number("layer_norm_eps");

    /// <summary>On the embeddings.</summary>
    public virtual double HiddenDropout => Rate("hidden_dropout_prob");

    /// <summary>On the output of the attention half.</summary>
    public virtual double AttentionOutputDropout => HiddenDropout;

    /// <summary>On the output of the feed-forward half.</summary>
    public virtual double FeedForwardDropout => HiddenDropout;

    /// <summary>On the attention's probabilities.</summary>
    public virtual double AttentionDropout => Rate("attention_probs_dropout_prob");

    /// <summary>Before the classifier; the hidden dropout where the file does not say.</summary>
    public virtual double ClassifierDropout => Has("classifier_dropout") ? Rate("classifier_dropout") : HiddenDropout;

    /// <summary>The span-boundary head of a SpanBERT that is pre-trained: rows and width of its position table.</summary>
    public SpanBoundaryRecipe SpanBoundary => new(OptionalInt("sbo_max_targets") ?? 20, OptionalInt("sbo_position_embedding_size") ?? 200);

    public override IReadOnlyList<string> DropoutKeys => ["hidden_dropout_prob", "attention_probs_dropout_prob"];

    public override int? PositionLimit => Positions == 0 ? null : Positions - (PositionsFromPadding ? PaddingRow!.Value + 1 : 0);

    public override void Validate()
    {
        base.Validate();
        _ = (
            EmbeddingSize,
            IntermediateSize,
            Positions,
            Types,
            Activation,
            LayerNormEps,
            HiddenDropout,
            AttentionDropout,
            ClassifierDropout
        );
        if (Has("position_embedding_type") && Text("position_embedding_type") != PositionKind)
            throw Wrong("position_embedding_type", Node("position_embedding_type"), $"\"{PositionKind}\"");
        if (!PositionsFromPadding)
            return;
        if (PaddingRow is null)
            throw Wrong("pad_token_id", null, "a whole number: positions count from it");
        if (Positions <= PaddingRow + 1)
            throw Wrong("max_position_embeddings", Node("max_position_embeddings"), "more than pad_token_id + 1");
    }

    protected override ModelConfig Create(JsonObject json) => new BertConfig(json);
}
