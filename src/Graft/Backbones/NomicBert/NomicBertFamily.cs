using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.NomicBert;

/// <summary>NomicBERT's names and heads, in transformers' layout and in that of the code it was published with.</summary>
internal sealed class NomicBertFamily : ModelFamily
{
    public override string ModelType => "nomic_bert";

    public override string ClassPrefix => "NomicBert";

    public override string Prefix => "nomic_bert.";

    public override IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["NomicBertModel"] = HeadKinds.None,
        ["NomicBertForMaskedLM"] = HeadKinds.MaskedLm,
        ["NomicBertForPreTraining"] = HeadKinds.MaskedLm, // the published class's name
        ["NomicBertForSequenceClassification"] = HeadKinds.SequenceClassification,
        ["NomicBertForTokenClassification"] = HeadKinds.TokenClassification,
    };

    public override bool Implements(string className) => className.StartsWith("NomicBert", StringComparison.Ordinal);

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) =>
        ("cls.predictions.decoder", "cls.predictions.decoder.bias");

    /// <summary>The published files have keys of their own, which the configuration reads and checks itself.</summary>
    public override bool Follows(string key) => NomicBertConfig.Reads(key);

    public override ModelConfig ReadConfig(JsonObject json) => new NomicBertConfig(json);

    public override ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys) =>
        keys.Any(key => key.EndsWith(".attn.Wqkv.weight", StringComparison.Ordinal)) ? config.WithPublishedKeys() : config;

    public override Backbone CreateBackbone(ModelConfig config, string head) =>
        new NomicBert(
            (NomicBertConfig)config,
            config.HasPublishedKeys ? NomicBertNames.Nomic : NomicBertNames.Transformers,
            head == HeadKinds.SequenceClassification
        );

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        NomicBertConfig nomic = (NomicBertConfig)config;
        return head switch
        {
            // Published code has no bias there.
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("cls.predictions.transform.dense", nomic.Activation, config.HiddenSize)
                {
                    Norm = "cls.predictions.transform.layer_norm",
                    Eps = nomic.LayerNormEps,
                },
                config.Has("mlp_fc2_bias") ? null : "cls.predictions.bias"
            ),
            HeadKinds.SequenceClassification => new ClassifierRecipe("classifier", HeadPooling.Pooler, nomic.ClassifierDropout),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, nomic.ClassifierDropout),
            _ => null,
        };
    }

    /// <summary>Published heads keep the backbone under "bert.".</summary>
    public override string CurrentKey(string key) =>
        key.StartsWith("bert.", StringComparison.Ordinal) ? Prefix + key["bert.".Length..] : key;

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key)
        || key is "cls.predictions.decoder.weight" or "cls.predictions.decoder.bias"
        || key.EndsWith("inv_freq", StringComparison.Ordinal);
}
