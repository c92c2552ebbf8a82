using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.MpNet;

/// <summary>MPNet's names and heads.</summary>
internal sealed class MpNetFamily : ModelFamily
{
    public override string ModelType => "mpnet";

    public override string ClassPrefix => "MPNet";

    public override string Prefix => "mpnet.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("lm_head.decoder", "lm_head.decoder.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new MpNetConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) =>
        new MpNet((MpNetConfig)config, head is HeadKinds.None or HeadKinds.MultipleChoice or HeadKinds.Embedding);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        MpNetConfig mpnet = (MpNetConfig)config;
        double dropout = mpnet.HiddenDropout;
        return head switch
        {
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("lm_head.dense", Activation.GeluErf, config.HiddenSize)
                {
                    Norm = "lm_head.layer_norm",
                    Eps = mpnet.LayerNormEps,
                },
                "lm_head.bias"
            ),
            HeadKinds.SequenceClassification => new ClassifierRecipe("classifier.out_proj", HeadPooling.First, dropout)
            {
                Transform = new TransformRecipe("classifier.dense", Activation.Tanh, config.HiddenSize),
                TransformDropout = dropout,
            },
            HeadKinds.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.Pooler, dropout),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, dropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key is "lm_head.decoder.weight" or "lm_head.decoder.bias";
}
