using System.Text.Json.Nodes;
using Graft.Backbones.Bert;
using Graft.Torch;

namespace Graft.Backbones.Electra;

/// <summary>ELECTRA's names and heads; some activations are fixed, whatever the layers use.</summary>
internal sealed class ElectraFamily : ModelFamily
{
    public override string ModelType => "electra";

    public override string ClassPrefix => "Electra";

    public override string Prefix => "electra.";

    public override IReadOnlyDictionary<string, string> Architectures =>
        new Dictionary<string, string>(base.Architectures, StringComparer.Ordinal)
        {
            ["ElectraForPreTraining"] = HeadKinds.ReplacedTokens,
        };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("generator_lm_head", "generator_lm_head.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new ElectraConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new Electra((ElectraConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        ElectraConfig electra = (ElectraConfig)config;
        (int width, double dropout) = (config.HiddenSize, electra.ClassifierDropout);
        return head switch
        {
            HeadKinds.MaskedLm => new LanguageModelRecipe(
                new TransformRecipe("generator_predictions.dense", Activation.GeluErf, electra.EmbeddingSize)
                {
                    Norm = "generator_predictions.LayerNorm",
                    Eps = electra.LayerNormEps,
                },
                "generator_lm_head.bias"
            ),
            HeadKinds.ReplacedTokens => new ClassifierRecipe("discriminator_predictions.dense_prediction", HeadPooling.None, 0)
            {
                Transform = new TransformRecipe("discriminator_predictions.dense", electra.Activation, width),
            },
            HeadKinds.SequenceClassification => new ClassifierRecipe("classifier.out_proj", HeadPooling.First, dropout)
            {
                Transform = new TransformRecipe("classifier.dense", Activation.GeluErf, width),
                TransformDropout = dropout,
            },
            HeadKinds.MultipleChoice => new ClassifierRecipe("classifier", HeadPooling.First, electra.SummaryDropout)
            {
                Transform = new TransformRecipe("sequence_summary.summary", electra.SummaryActivation, width),
            },
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, dropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    /// <summary>A student of BERT takes its layers.</summary>
    public override string NameFrom(ModelFamily teacher, string name) =>
        teacher is BertFamily && name.StartsWith(teacher.Prefix, StringComparison.Ordinal) ? Prefix + name[teacher.Prefix.Length..] : name;

    public override bool IsRedundant(string key) => base.IsRedundant(key) || key == "generator_lm_head.weight";
}
