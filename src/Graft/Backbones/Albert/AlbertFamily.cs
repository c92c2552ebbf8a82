using System.Text.Json.Nodes;

namespace Graft.Backbones.Albert;

/// <summary>ALBERT's names and heads.</summary>
internal sealed class AlbertFamily : ModelFamily
{
    public override string ModelType => "albert";

    public override string ClassPrefix => "Albert";

    public override string Prefix => "albert.";

    public override IReadOnlyDictionary<string, HeadKind> Architectures =>
        new Dictionary<string, HeadKind>(base.Architectures, StringComparer.Ordinal) { ["AlbertForPreTraining"] = HeadKind.PreTraining };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => ("predictions.decoder", "predictions.decoder.bias");

    public override ModelConfig ReadConfig(JsonObject json) => new AlbertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new Albert(
        (AlbertConfig)config,
        head is HeadKind.None or HeadKind.PreTraining or HeadKind.SequenceClassification or HeadKind.MultipleChoice or HeadKind.Embedding);

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        AlbertConfig albert = (AlbertConfig)config;
        return head switch
        {
            HeadKind.MaskedLm => Predictions(albert),
            HeadKind.PreTraining => Predictions(albert) with { Sentence = ("sop_classifier.classifier", albert.ClassifierDropout) },
            HeadKind.SequenceClassification or HeadKind.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.Pooler,
                albert.ClassifierDropout
            ),
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, albert.ClassifierDropout),
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
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
