using System.Text.Json.Nodes;
using Graft.Backbones.NomicBert;
using Graft.Torch;

namespace Graft.Backbones.Gte;

/// <summary>
/// GTE (Zhang et al. 2024): NomicBERT's encoder with biases. Folders of Alibaba call it "new", with the prefix "new." and code of their
/// own;
/// transformers calls it "gte".
/// </summary>
/// <param name="modelType">"gte" or "new".</param>
/// <param name="classPrefix">"Gte" or "New".</param>
internal sealed class GteFamily(string modelType, string classPrefix) : ModelFamily
{
    private const string PublishedPrefix = "new.";

    public override string ModelType => modelType;

    public override string ClassPrefix => classPrefix;

    public override string Prefix => modelType + ".";

    public override IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [classPrefix + "Model"] = HeadKinds.None,
        [classPrefix + "ForMaskedLM"] = HeadKinds.MaskedLm,
        [classPrefix + "ForSequenceClassification"] = HeadKinds.SequenceClassification,
        [classPrefix + "ForTokenClassification"] = HeadKinds.TokenClassification,
    };

    private bool IsPublished => modelType == GteConfig.PublishedType;

    public override bool Implements(string className) => IsPublished && className.StartsWith("New", StringComparison.Ordinal);

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("lm_head.decoder", "lm_head.decoder.bias");

    /// <summary>The published files have keys of their own, which the configuration reads and checks itself.</summary>
    public override bool Follows(string key) => GteConfig.Knows(key);

    public override ModelConfig ReadConfig(JsonObject json) => IsPublished ? new GteConfig(json).WithPublishedKeys() : new GteConfig(json);

    public override ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys) =>
        keys.Any(key => key.EndsWith(".attention.qkv_proj.weight", StringComparison.Ordinal)) ? config.WithPublishedKeys() : config;

    public override Backbone CreateBackbone(ModelConfig config, string head) =>
        new NomicBert.NomicBert(
            (GteConfig)config,
            config.HasPublishedKeys ? NomicBertNames.Gte : NomicBertNames.Transformers,
            head == HeadKinds.SequenceClassification
        );

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        GteConfig gte = (GteConfig)config;
        return head switch
        {
            // transformers fixes this head's activation, whatever the layers use; the published code does not.
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("lm_head.dense", IsPublished ? gte.Activation : Activation.GeluErf, config.HiddenSize)
                {
                    Norm = IsPublished ? "lm_head.norm" : "lm_head.layer_norm",
                    Eps = gte.LayerNormEps,
                },
                "lm_head.decoder.bias"),
            HeadKinds.SequenceClassification => new ClassifierRecipe("classifier", HeadPooling.Pooler, gte.ClassifierDropout),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, gte.ClassifierDropout),
            _ => null,
        };
    }

    /// <summary>transformers' folders may still have the published prefix.</summary>
    public override string CurrentKey(string key)
    {
        if (IsPublished) return key;
        if (key.StartsWith(PublishedPrefix, StringComparison.Ordinal)) return Prefix + key[PublishedPrefix.Length..];
        return key.StartsWith("lm_head.norm.", StringComparison.Ordinal) ? "lm_head.layer_norm." + key["lm_head.norm.".Length..] : key;
    }

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key) || key == "lm_head.decoder.weight" || key.EndsWith("inv_freq", StringComparison.Ordinal);
}
