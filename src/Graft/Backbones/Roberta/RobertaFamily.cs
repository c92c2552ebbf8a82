using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Roberta;

/// <summary>
/// RoBERTa's names and heads. Of the same architecture, under other names of type and classes: XLM-RoBERTa (Conneau et al. 2020), CamemBERT
/// (Martin et al. 2020, French) and the text model of Data2Vec (Baevski et al. 2022).
/// </summary>
/// <param name="modelType">"roberta", "xlm-roberta" …</param>
/// <param name="classPrefix">"Roberta", "XLMRoberta" …</param>
/// <param name="prefix">The prefix of the backbone's parameters below a head.</param>
internal sealed class RobertaFamily(string modelType, string classPrefix, string prefix = "roberta.") : ModelFamily
{
    public override string ModelType => modelType;

    public override string ClassPrefix => classPrefix;

    public override string Prefix => prefix;

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("lm_head.decoder", "lm_head.decoder.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new RobertaConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) =>
        new Roberta((RobertaConfig)config, head is HeadKinds.None or HeadKinds.MultipleChoice or HeadKinds.Embedding);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        RobertaConfig roberta = (RobertaConfig)config;
        double dropout = roberta.ClassifierDropout;
        return head switch
        {
            // This head's activation is fixed, whatever the layers use.
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("lm_head.dense", Activation.GeluErf, config.HiddenSize)
                {
                    Norm = "lm_head.layer_norm",
                    Eps = roberta.LayerNormEps,
                },
                "lm_head.bias"
            ),
            HeadKinds.SequenceClassification => new ClassifierRecipe("classifier.out_proj", HeadPooling.First, dropout)
            {
                Transform = new TransformRecipe("classifier.dense", Activation.Tanh, config.HiddenSize),
                TransformDropout = dropout,
            },
            HeadKinds.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.Pooler, roberta.HiddenDropout),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, dropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key is "lm_head.decoder.weight" or "lm_head.decoder.bias";
}
