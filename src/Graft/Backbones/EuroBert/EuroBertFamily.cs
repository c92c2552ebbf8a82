using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.EuroBert;

/// <summary>EuroBERT's names and heads.</summary>
internal sealed class EuroBertFamily : ModelFamily
{
    public override string ModelType => "eurobert";

    public override string ClassPrefix => "EuroBert";

    public override string Prefix => "model.";

    public override IReadOnlyDictionary<string, string> Architectures { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["EuroBertModel"] = HeadKinds.None,
        ["EuroBertForMaskedLM"] = HeadKinds.MaskedLm,
        ["EuroBertForSequenceClassification"] = HeadKinds.SequenceClassification,
        ["EuroBertForTokenClassification"] = HeadKinds.TokenClassification,
    };

    public override bool Implements(string className) => className.StartsWith("EuroBert", StringComparison.Ordinal);

    public override bool Follows(string key) => key is "head_dim" or "num_key_value_heads" or "rope_theta" or "rope_parameters";

    public override ModelConfig ReadConfig(JsonObject json) => new EuroBertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new EuroBert((EuroBertConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        EuroBertConfig euro = (EuroBertConfig)config;
        return head switch
        {
            HeadKinds.MaskedLm => new LanguageModelRecipe(null, euro.FeedForwardBias ? "lm_head.bias" : null)
            {
                Decoder = euro.IsTied ? null : "lm_head",
            },
            HeadKinds.SequenceClassification => new ClassifierRecipe(
                "classifier",
                euro.ClassifierPooling switch
                {
                    "late" => HeadPooling.MeanOfScores,
                    "mean" => HeadPooling.Mean,
                    _ => HeadPooling.First,
                },
                0
            )
            {
                Transform = new TransformRecipe("dense", Activation.GeluErf, config.HiddenSize),
            },
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key.EndsWith("inv_freq", StringComparison.Ordinal);
}
