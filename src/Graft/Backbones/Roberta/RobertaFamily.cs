using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Roberta;

/// <summary>RoBERTa's names and heads; XLM-RoBERTa shares all but the names of type and classes.</summary>
/// <param name="modelType">"roberta" or "xlm-roberta".</param>
/// <param name="classPrefix">"Roberta" or "XLMRoberta".</param>
internal sealed class RobertaFamily(string modelType, string classPrefix) : ModelFamily
{
    public override string ModelType => modelType;

    public override string ClassPrefix => classPrefix;

    public override string Prefix => "roberta.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("lm_head.decoder", "lm_head.decoder.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new RobertaConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) =>
        new Roberta((RobertaConfig)config, head is HeadKind.None or HeadKind.MultipleChoice or HeadKind.Embedding);

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        RobertaConfig roberta = (RobertaConfig)config;
        double dropout = roberta.ClassifierDropout;
        return head switch
        {
            // This head's activation is fixed, whatever the layers use.
            HeadKind.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("lm_head.dense", Activation.GeluErf, config.HiddenSize) { Norm = "lm_head.layer_norm", Eps = roberta.LayerNormEps }, "lm_head.bias"),
            HeadKind.SequenceClassification => new ClassifierRecipe("classifier.out_proj", HeadPooling.First, dropout)
            {
                Transform = new TransformRecipe("classifier.dense", Activation.Tanh, config.HiddenSize),
                TransformDropout = dropout,
            },
            HeadKind.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.Pooler, roberta.HiddenDropout),
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, dropout),
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key is "lm_head.decoder.weight" or "lm_head.decoder.bias";
}
