using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.T5;

/// <summary>T5's names and heads; mT5 (Xue et al. 2021) is T5 1.1 over 101 languages, under other names of type and classes.</summary>
/// <param name="modelType">"t5" or "mt5".</param>
/// <param name="classPrefix">"T5" or "MT5".</param>
internal sealed class T5Family(string modelType, string classPrefix) : ModelFamily
{
    public override string ModelType => modelType;

    public override string ClassPrefix => classPrefix;

    public override string Prefix => "transformer.";

    public override IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [classPrefix + "EncoderModel"] = HeadKinds.None,
        [classPrefix + "ForConditionalGeneration"] = HeadKinds.SequenceToSequence,
        [classPrefix + "ForQuestionAnswering"] = HeadKinds.QuestionAnswering,
        [classPrefix + "ForSequenceClassification"] = HeadKinds.SequenceClassification,
        [classPrefix + "ForTokenClassification"] = HeadKinds.TokenClassification,
        [classPrefix + "WithLMHeadModel"] = HeadKinds.SequenceToSequence, // the class's name in files of 2020
        [classPrefix + "Model"] = HeadKinds.None,
    };

    public override bool Follows(string key) => key is "dense_act_fn" or "is_gated_act" or "num_decoder_layers" or "scale_decoder_outputs";

    public override string? WritingHead => HeadKinds.SequenceToSequence;

    public override ModelConfig ReadConfig(JsonObject json) => modelType == "mt5" ? new MT5Config(json) : new T5Config(json);

    /// <summary>Only classifiers keep the whole model under a name.</summary>
    public override string PrefixUnder(string head) =>
        head is HeadKinds.SequenceClassification or HeadKinds.TokenClassification ? Prefix : "";

    public override Backbone CreateBackbone(ModelConfig config, string head) => new T5((T5Config)config, head switch
    {
        HeadKinds.SequenceToSequence => T5Decoder.WritesTarget,
        HeadKinds.SequenceClassification or HeadKinds.QuestionAnswering => T5Decoder.ReadsText,
        _ => T5Decoder.None,
    });

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        T5Config t5 = (T5Config)config;
        return head switch
        {
            HeadKinds.SequenceToSequence => new LanguageModelRecipe(null, null)
            {
                Decoder = t5.IsTied ? null : "lm_head",
                DecoderDeviation = t5.InitializerFactor,
                Scale = t5.ScalesOutputs ? Math.Pow(config.HiddenSize, -0.5) : 1,
            },
            HeadKinds.SequenceClassification => new ClassifierRecipe(
                "classification_head.out_proj",
                HeadPooling.LastEnd,
                t5.ClassifierDropout
            )
            {
                Transform = new TransformRecipe("classification_head.dense", Activation.Tanh, config.HiddenSize),
                TransformDropout = t5.ClassifierDropout,
            },
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, t5.ClassifierDropout)
            {
                Deviation = t5.InitializerFactor,
            },
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys) => ((T5Config)config).Refine(keys);

    public override IEnumerable<string> OtherNames(string parameter)
    {
        string prefix = parameter.StartsWith(Prefix, StringComparison.Ordinal) ? Prefix : "";
        return parameter[prefix.Length..] == "shared.weight"
            ? [prefix + "decoder.embed_tokens.weight", prefix + "encoder.embed_tokens.weight"]
            : [];
    }

    public override bool IsRedundant(string key)
    {
        if (key.StartsWith(Prefix, StringComparison.Ordinal)) key = key[Prefix.Length..];
        return base.IsRedundant(key)
            || key is "encoder.embed_tokens.weight" or "decoder.embed_tokens.weight" or "lm_head.weight"
            // A stray table of published files, never used.
            || key == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
    }
}
