using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.T5;

/// <summary>T5's names and heads.</summary>
internal sealed class T5Family : ModelFamily
{
    public override string ModelType => "t5";

    public override string ClassPrefix => "T5";

    public override string Prefix => "transformer.";

    public override IReadOnlyDictionary<string, HeadKind> Architectures { get; } = new Dictionary<string, HeadKind>(StringComparer.Ordinal)
    {
        ["T5EncoderModel"] = HeadKind.None,
        ["T5ForConditionalGeneration"] = HeadKind.SequenceToSequence,
        ["T5ForQuestionAnswering"] = HeadKind.QuestionAnswering,
        ["T5ForSequenceClassification"] = HeadKind.SequenceClassification,
        ["T5ForTokenClassification"] = HeadKind.TokenClassification,
        ["T5WithLMHeadModel"] = HeadKind.SequenceToSequence, // the class's name in files of 2020
        ["T5Model"] = HeadKind.None,
    };

    public override HeadKind? WritingHead => HeadKind.SequenceToSequence;

    public override ModelConfig ReadConfig(JsonObject json) => new T5Config(json);

    /// <summary>Only classifiers keep the whole model under a name.</summary>
    public override string PrefixUnder(HeadKind head) => head is HeadKind.SequenceClassification or HeadKind.TokenClassification ? Prefix : "";

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new T5((T5Config)config, head switch
    {
        HeadKind.SequenceToSequence => T5Decoder.WritesTarget,
        HeadKind.SequenceClassification or HeadKind.QuestionAnswering => T5Decoder.ReadsText,
        _ => T5Decoder.None,
    });

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        T5Config t5 = (T5Config)config;
        return head switch
        {
            HeadKind.SequenceToSequence => new LanguageModelRecipe(null, null)
            {
                Decoder = t5.IsTied ? null : "lm_head",
                DecoderDeviation = t5.InitializerFactor,
                Scale = t5.ScalesOutputs ? Math.Pow(config.HiddenSize, -0.5) : 1,
            },
            HeadKind.SequenceClassification => new ClassifierRecipe("classification_head.out_proj", HeadPooling.LastEnd, t5.ClassifierDropout)
            {
                Transform = new TransformRecipe("classification_head.dense", Activation.Tanh, config.HiddenSize),
                TransformDropout = t5.ClassifierDropout,
            },
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, t5.ClassifierDropout) { Deviation = t5.InitializerFactor },
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    /// <summary>
    /// Version 5 of transformers writes tie_word_embeddings for 1.1 as well; there a matrix of its own in the file wins. Files of 1.0 hold
    /// the shared table under every name it is used by.
    /// </summary>
    public override ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys)
    {
        T5Config t5 = (T5Config)config;
        bool own = keys.Contains("lm_head.weight") && (!t5.IsTied || !t5.ScalesOutputs);
        return own && t5.IsTied ? config.With("tie_word_embeddings", false) : config;
    }

    public override bool IsRedundant(string key)
    {
        if (key.StartsWith(Prefix, StringComparison.Ordinal)) key = key[Prefix.Length..];
        return base.IsRedundant(key)
            || key is "encoder.embed_tokens.weight" or "decoder.embed_tokens.weight" or "lm_head.weight"
            || key == "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"; // a stray table of published files, never used
    }
}
