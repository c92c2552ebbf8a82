using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Bert;

/// <summary>BERT's names and heads; SpanBERT's published files are BERT checkpoints.</summary>
internal class BertFamily : ModelFamily
{
    public override string ModelType => "bert";

    public override string ClassPrefix => "Bert";

    public override string Prefix => "bert.";

    public override IReadOnlyDictionary<string, HeadKind> Architectures =>
        new Dictionary<string, HeadKind>(base.Architectures, StringComparer.Ordinal)
        {
            [ClassPrefix + "ForPreTraining"] = HeadKind.PreTraining,
            [ClassPrefix + "ForSpanBoundaryPreTraining"] = HeadKind.SpanBoundary,
        };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) =>
        ("cls.predictions.decoder", "cls.predictions.decoder.bias");

    public override bool Follows(string key) => key is "sbo_max_targets" or "sbo_position_embedding_size";

    public override ModelConfig ReadConfig(JsonObject json) => new BertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, HeadKind head) => new BertEncoder((BertConfig)config, HasPooler(head));

    public override HeadRecipe? Recipe(HeadKind head, ModelConfig config)
    {
        BertConfig bert = (BertConfig)config;
        return head switch
        {
            HeadKind.MaskedLm => Predictions(bert),
            HeadKind.PreTraining => Predictions(bert) with { Sentence = ("cls.seq_relationship", 0) },
            HeadKind.SpanBoundary => Predictions(bert) with { SpanBoundary = bert.SpanBoundary },
            HeadKind.SequenceClassification or HeadKind.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.Pooler,
                bert.ClassifierDropout
            ),
            HeadKind.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, bert.ClassifierDropout),
            HeadKind.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key) || key is "cls.predictions.decoder.weight" or "cls.predictions.decoder.bias";

    public override HeadKind HeadOf(IReadOnlySet<string> keys)
    {
        if (keys.Contains("cls.seq_relationship.weight")) return HeadKind.PreTraining;
        if (keys.Contains("cls.predictions.bias")) return HeadKind.MaskedLm;
        return keys.Contains("qa_outputs.weight") ? HeadKind.QuestionAnswering : HeadKind.None;
    }

    private protected static bool HasPooler(HeadKind head) =>
        head is HeadKind.None or HeadKind.PreTraining or HeadKind.SequenceClassification or HeadKind.MultipleChoice or HeadKind.Embedding;

    private static LanguageModelRecipe Predictions(BertConfig config) => new(
        new TransformRecipe("cls.predictions.transform.dense", config.Activation, config.HiddenSize)
        {
            Norm = "cls.predictions.transform.LayerNorm",
            Eps = config.LayerNormEps,
        },
        "cls.predictions.bias");
}
