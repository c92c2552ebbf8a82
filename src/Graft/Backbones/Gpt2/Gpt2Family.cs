using System.Text.Json.Nodes;

namespace Graft.Backbones.Gpt2;

/// <summary>GPT-2's names and heads.</summary>
internal sealed class Gpt2Family : ModelFamily
{
    public override string ModelType => "gpt2";

    public override string ClassPrefix => "GPT2";

    public override string Prefix => "transformer.";

    public override IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GPT2Model"] = HeadKinds.None,
        ["GPT2LMHeadModel"] = HeadKinds.CausalLm,
        ["GPT2ForSequenceClassification"] = HeadKinds.SequenceClassification,
        ["GPT2ForTokenClassification"] = HeadKinds.TokenClassification,
        ["GPT2ForQuestionAnswering"] = HeadKinds.QuestionAnswering,
    };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("lm_head", null);

    public override bool Follows(string key) => key is "classifier_dropout";

    public override string? WritingHead => HeadKinds.CausalLm;

    public override ModelConfig ReadConfig(JsonObject json) => new Gpt2Config(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new Gpt2((Gpt2Config)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config) => head switch
    {
        HeadKinds.CausalLm => new LanguageModelRecipe(null, null),
        HeadKinds.SequenceClassification => new ClassifierRecipe("score", HeadPooling.LastNotPadding, 0) { Bias = false },
        HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, ((Gpt2Config)config).ClassifierDropout),
        HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
        _ => null,
    };

    /// <summary>Published files carry the causal mask of every layer.</summary>
    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "lm_head.weight"
        || key.EndsWith(".attn.bias", StringComparison.Ordinal) || key.EndsWith(".attn.masked_bias", StringComparison.Ordinal);
}
