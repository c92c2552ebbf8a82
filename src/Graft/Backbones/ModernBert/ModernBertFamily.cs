using System.Text.Json.Nodes;

namespace Graft.Backbones.ModernBert;

/// <summary>ModernBERT's names and heads: every head begins with dense → activation → norm.</summary>
internal sealed class ModernBertFamily : ModelFamily
{
    public override string ModelType => "modernbert";

    public override string ClassPrefix => "ModernBert";

    public override string Prefix => "model.";

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("decoder", "decoder.bias");

    public override bool Follows(string key) => key is "global_rope_theta" or "layer_types" or "local_rope_theta";

    public override ModelConfig ReadConfig(JsonObject json) => new ModernBertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new ModernBert((ModernBertConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        ModernBertConfig modern = (ModernBertConfig)config;
        HeadPooling pooled = modern.Text("classifier_pooling") == "mean" ? HeadPooling.Mean : HeadPooling.First;
        return head switch
        {
            HeadKinds.MaskedLm => new LanguageModelRecipe(PredictionHead(modern), modern.Flag("decoder_bias") ? "decoder.bias" : null),
            HeadKinds.SequenceClassification or HeadKinds.MultipleChoice => Classifier(modern, pooled),
            HeadKinds.TokenClassification or HeadKinds.QuestionAnswering => Classifier(modern, HeadPooling.None),
            _ => null,
        };
    }

    public override ModelConfig ForSaving(ModelConfig config) => ((ModernBertConfig)config).WithKeysOfBothVersions();

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "decoder.weight";

    private static ClassifierRecipe Classifier(ModernBertConfig config, HeadPooling pooling) =>
        new("classifier", pooling, config.ClassifierDropout)
        {
            Transform = PredictionHead(config),
            Deviation = Math.Pow(config.HiddenSize, -0.5),
        };

    private static TransformRecipe PredictionHead(ModernBertConfig config) =>
        new("head.dense", config.ActivationOf("classifier_activation"), config.HiddenSize)
        {
            Bias = config.Flag("classifier_bias"),
            Norm = "head.norm",
            NormBias = config.NormBias,
            Eps = config.NormEps,
            Deviation = config.OutputDeviation,
        };
}
