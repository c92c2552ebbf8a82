using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.DistilBert;

/// <summary>DistilBERT's names and heads.</summary>
internal sealed class DistilBertFamily : ModelFamily
{
    private static readonly (string Bert, string DistilBert)[] s_ofBert =
    [
        ("bert.embeddings.", "distilbert.embeddings."),
        ("bert.encoder.layer.", "distilbert.transformer.layer."),
        ("attention.self.query.", "attention.q_lin."),
        ("attention.self.key.", "attention.k_lin."),
        ("attention.self.value.", "attention.v_lin."),
        ("attention.output.dense.", "attention.out_lin."),
        ("attention.output.LayerNorm.", "sa_layer_norm."),
        ("intermediate.dense.", "ffn.lin1."),
        ("output.dense.", "ffn.lin2."),
        ("output.LayerNorm.", "output_layer_norm."),
        ("cls.predictions.transform.dense.", "vocab_transform."),
        ("cls.predictions.transform.LayerNorm.", "vocab_layer_norm."),
        ("cls.predictions.bias", "vocab_projector.bias"),
    ];

    public override string ModelType => "distilbert";

    public override string ClassPrefix => "DistilBert";

    public override string Prefix => "distilbert.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("vocab_projector", "vocab_projector.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new DistilBertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new DistilBert((DistilBertConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        DistilBertConfig distil = (DistilBertConfig)config;
        return head switch
        {
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("vocab_transform", distil.Activation, config.HiddenSize)
                {
                    Norm = "vocab_layer_norm",
                    Eps = distil.LayerNormEps,
                },
                "vocab_projector.bias"
            ),
            HeadKinds.SequenceClassification or HeadKinds.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.First,
                distil.ClassifierDropout
            )
            {
                Transform = new TransformRecipe("pre_classifier", Activation.Relu, config.HiddenSize),
            },
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, distil.HiddenDropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, distil.QuestionDropout),
            _ => null,
        };
    }

    /// <summary>A student of BERT takes its parameters under names of its own.</summary>
    public override string NameFrom(ModelFamily teacher, string name) =>
        teacher is BertFamily
            ? s_ofBert.Aggregate(
                name.StartsWith(teacher.Prefix, StringComparison.Ordinal) ? "bert." + name[teacher.Prefix.Length..] : name,
                (translated, pair) => translated.Replace(pair.Bert, pair.DistilBert, StringComparison.Ordinal)
            )
            : name;

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "vocab_projector.weight";
}
