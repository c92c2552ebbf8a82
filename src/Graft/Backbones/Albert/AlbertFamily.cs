using System.Text.Json.Nodes;

namespace Graft.Backbones.Albert;

/// <summary>ALBERT's names and heads.</summary>
internal sealed class AlbertFamily : ModelFamily
{
    public override string ModelType => "albert";

    public override string ClassPrefix => "Albert";

    public override string Prefix => "albert.";

    public override IReadOnlyDictionary<string, string> Architectures =>
        new Dictionary<string, string>(base.Architectures, StringComparer.Ordinal) { ["AlbertForPreTraining"] = HeadKinds.PreTraining };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("predictions.decoder", "predictions.decoder.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new AlbertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new Albert(
        (AlbertConfig)config,
        head is HeadKinds.None or HeadKinds.PreTraining or HeadKinds.SequenceClassification or HeadKinds.MultipleChoice
            or HeadKinds.Embedding);

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        AlbertConfig albert = (AlbertConfig)config;
        return head switch
        {
            HeadKinds.MaskedLm => Predictions(albert),
            HeadKinds.PreTraining => Predictions(albert) with { Sentence = ("sop_classifier.classifier", albert.ClassifierDropout) },
            HeadKinds.SequenceClassification or HeadKinds.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.Pooler,
                albert.ClassifierDropout
            ),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, albert.ClassifierDropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key) || key is "predictions.decoder.weight" or "predictions.decoder.bias";

    private static LanguageModelRecipe Predictions(AlbertConfig config) =>
        new(
            new TransformRecipe("predictions.dense", config.Activation, config.EmbeddingSize)
            {
                Norm = "predictions.LayerNorm",
                Eps = config.LayerNormEps,
            },
            "predictions.bias"
        );
}
