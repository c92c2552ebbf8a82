using System.Text.Json.Nodes;

namespace Graft.Backbones.Gpt2;

/// <summary>GPT-2's names and heads.</summary>
internal sealed class Gpt2Family : ModelFamily
{
    public override string ModelType => "gpt2";

    public override string ClassPrefix => "GPT2";

    public override string Prefix => "transformer.";

    public override IReadOnlyDictionary<string, HeadKind> Architectures { get; } = new Dictionary<string, HeadKind>(StringComparer.Ordinal)
    {
        ["GPT2Model"] = HeadKind.None,
        ["GPT2LMHeadModel"] = HeadKind.CausalLm,
        ["GPT2ForSequenceClassification"] = HeadKind.SequenceClassification,
        ["GPT2ForTokenClassification"] = HeadKind.TokenClassification,
        ["GPT2ForQuestionAnswering"] = HeadKind.QuestionAnswering,
    };

    public override HeadKind? WritingHead => HeadKind.CausalLm;

    public override ModelConfig ReadConfig(JsonObject json) => new Gpt2Config(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new Gpt2((Gpt2Config)config);

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config) => head switch
    {
        HeadKind.CausalLm => new LanguageModelRecipe(null, null),
        HeadKind.SequenceClassification => new ClassifierRecipe("score", HeadPooling.LastNotPadding, 0) { Bias = false },
        HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, ((Gpt2Config)config).ClassifierDropout),
        HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
        _ => null,
    };

    /// <summary>Published files carry the causal mask of every layer.</summary>
    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "lm_head.weight"
        || key.EndsWith(".attn.bias", StringComparison.Ordinal) || key.EndsWith(".attn.masked_bias", StringComparison.Ordinal);
}
