using System.Text.Json.Nodes;

namespace Graft.Backbones.DebertaV2;

/// <summary>DeBERTa-v2's and v3's names and heads; the pooler belongs to the heads that use it.</summary>
internal sealed class DebertaV2Family : ModelFamily
{
    public override string ModelType => "deberta-v2";

    public override string ClassPrefix => "DebertaV2";

    public override string Prefix => "deberta.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ((DebertaV2Config)config).Flag("legacy") ? ("cls.predictions.decoder", "cls.predictions.decoder.bias") : null;

    public override bool Follows(string key) => key is "attention_head_size" or "cls_dropout" or "conv_act" or "conv_groups" or "conv_kernel_size" or "embedding_size"
        or "norm_rel_ebd" or "pooler_hidden_size" or "position_buckets" or "share_att_key";

    public override ModelConfig ReadConfig(JsonObject json) => new DebertaV2Config(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new DebertaV2((DebertaV2Config)config);

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        DebertaV2Config deberta = (DebertaV2Config)config;
        return head switch
        {
            HeadKind.MaskedLm => Predictions(deberta, deberta.Flag("legacy") ? "cls.predictions.transform." : "lm_predictions.lm_head.", deberta.Flag("legacy") ? "cls.predictions.bias" : "lm_predictions.lm_head.bias"),
            HeadKind.SequenceClassification or HeadKind.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.First, deberta.ClassifierDropout)
            {
                Transform = new TransformRecipe("pooler.dense", deberta.PoolerActivation, config.HiddenSize),
                TransformDropout = deberta.PoolerDropout,
            },
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, deberta.HiddenDropout),
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key is "cls.predictions.decoder.weight" or "cls.predictions.decoder.bias";

    private static LanguageModelRecipe Predictions(DebertaV2Config config, string prefix, string bias) => new(
        new TransformRecipe(prefix + "dense", config.Activation, config.HiddenSize) { Norm = prefix + "LayerNorm", Eps = config.LayerNormEps }, bias);
}
