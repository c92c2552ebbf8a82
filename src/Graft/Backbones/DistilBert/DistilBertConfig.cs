using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.DistilBert;

/// <summary>DistilBERT's config.json, which has names of its own.</summary>
internal sealed class DistilBertConfig(JsonObject json) : BertConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "activation": "gelu", "attention_dropout": 0.1, "bos_token_id": null, "dim": 768, "dropout": 0.1, "dtype": "float32",
          "eos_token_id": null, "hidden_dim": 3072, "initializer_range": 0.02, "max_position_embeddings": 512, "model_type": "distilbert",
          "n_heads": 12, "n_layers": 6, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": false,
          "tie_word_embeddings": true, "vocab_size": 30522
        }
        """;

    public override int HiddenSize => Positive("dim");

    public override int LayerCount => Positive("n_layers");

    public override int HeadCount => Positive("n_heads");

    public override int IntermediateSize => Positive("hidden_dim");

    /// <summary>There are no segments.</summary>
    public override int Types => 0;

    public override Activation Activation => ActivationOf("activation");

    /// <summary>Fixed in this family.</summary>
    public override double LayerNormEps => 1e-12;

    public override double HiddenDropout => Rate("dropout");

    /// <summary>Nothing is dropped between the attention and its norm.</summary>
    public override double AttentionOutputDropout => 0;

    public override double AttentionDropout => Rate("attention_dropout");

    public override double ClassifierDropout => Rate("seq_classif_dropout");

    public double QuestionDropout => Rate("qa_dropout");

    internal override IReadOnlyList<string> DropoutKeys => ["dropout", "attention_dropout", "seq_classif_dropout", "qa_dropout"];

    public override void Validate()
    {
        base.Validate();
        _ = QuestionDropout;
    }

    private protected override ModelConfig Create(JsonObject json) => new DistilBertConfig(json);
}
