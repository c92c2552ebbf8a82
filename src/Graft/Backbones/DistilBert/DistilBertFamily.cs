using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.DistilBert;

/// <summary>DistilBERT's names and heads.</summary>
internal sealed class DistilBertFamily : ModelFamily
{
    public override string ModelType => "distilbert";

    public override string ClassPrefix => "DistilBert";

    public override string Prefix => "distilbert.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("vocab_projector", "vocab_projector.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new DistilBertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new DistilBert((DistilBertConfig)config);

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        DistilBertConfig distil = (DistilBertConfig)config;
        return head switch
        {
            HeadKind.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("vocab_transform", distil.Activation, config.HiddenSize) { Norm = "vocab_layer_norm", Eps = DistilBertConfig.LayerNormEps },
                "vocab_projector.bias"),
            HeadKind.SequenceClassification or HeadKind.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.First, distil.ClassifierDropout)
            {
                Transform = new TransformRecipe("pre_classifier", Activation.Relu, config.HiddenSize),
            },
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, distil.Dropout),
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, distil.QuestionDropout),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "vocab_projector.weight";
}
