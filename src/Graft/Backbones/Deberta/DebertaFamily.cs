using System.Text.Json.Nodes;

namespace Graft.Backbones.Deberta;

/// <summary>DeBERTa's names and heads; the pooler belongs to the heads that use it.</summary>
internal class DebertaFamily : ModelFamily
{
    public override string ModelType => "deberta";

    public override string ClassPrefix => "Deberta";

    public override string Prefix => "deberta.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) =>
        config.Flag("legacy") ? ("cls.predictions.decoder", "cls.predictions.decoder.bias") : null;

    public override bool Follows(string key) =>
        key
            is "attention_head_size"
                or "cls_dropout"
                or "conv_act"
                or "conv_groups"
                or "conv_kernel_size"
                or "embedding_size"
                or "norm_rel_ebd"
                or "pooler_hidden_size"
                or "position_buckets"
                or "share_att_key"
                or "talking_head";

    public override ModelConfig ReadConfig(JsonObject json) => new DebertaConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new Deberta((DebertaConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        DebertaConfig deberta = (DebertaConfig)config;
        return head switch
        {
            HeadKinds.MaskedLm => Predictions(
                deberta,
                deberta.Flag("legacy") ? "cls.predictions.transform." : "lm_predictions.lm_head.",
                deberta.Flag("legacy") ? "cls.predictions.bias" : "lm_predictions.lm_head.bias"
            ),
            HeadKinds.SequenceClassification or HeadKinds.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.First,
                deberta.ClassifierDropout
            )
            {
                Transform = new TransformRecipe("pooler.dense", deberta.PoolerActivation, config.HiddenSize),
                TransformDropout = deberta.PoolerDropout,
            },
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, deberta.HiddenDropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    /// <summary>Published files have this head under other names, and do not say so in config.json.</summary>
    public override ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys) =>
        config.Flag("legacy") && keys.Contains("lm_predictions.lm_head.dense.weight") ? config.With("legacy", false) : config;

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key) || key is "cls.predictions.decoder.weight" or "cls.predictions.decoder.bias";

    private static LanguageModelRecipe Predictions(DebertaConfig config, string prefix, string bias) =>
        new(
            new TransformRecipe(prefix + "dense", config.Activation, config.HiddenSize)
            {
                Norm = prefix + "LayerNorm",
                Eps = config.LayerNormEps,
            },
            bias
        );
}
