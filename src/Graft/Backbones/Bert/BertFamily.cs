using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.Bert;

/// <summary>BERT's names and heads; SpanBERT's published files are BERT checkpoints.</summary>
internal class BertFamily : ModelFamily
{
    public override string ModelType => "bert";

    public override string ClassPrefix => "Bert";

    public override string Prefix => "bert.";

    public override IReadOnlyDictionary<string, string> Architectures =>
        new Dictionary<string, string>(base.Architectures, StringComparer.Ordinal)
        {
            [ClassPrefix + "ForPreTraining"] = HeadKinds.PreTraining,
            [ClassPrefix + "ForSpanBoundaryPreTraining"] = HeadKinds.SpanBoundary,
        };

    public override (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) =>
        ("cls.predictions.decoder", "cls.predictions.decoder.bias");

    public override bool Follows(string key) => key is "sbo_max_targets" or "sbo_position_embedding_size";

    public override ModelConfig ReadConfig(JsonObject json) => new BertConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new BertEncoder((BertConfig)config, HasPooler(head));

    public override HeadRecipe? Recipe(string head, ModelConfig config)
    {
        BertConfig bert = (BertConfig)config;
        return head switch
        {
            HeadKinds.MaskedLm => Predictions(bert),
            HeadKinds.PreTraining => Predictions(bert) with { Sentence = ("cls.seq_relationship", 0) },
            HeadKinds.SpanBoundary => Predictions(bert) with { SpanBoundary = bert.SpanBoundary },
            HeadKinds.SequenceClassification or HeadKinds.MultipleChoice => new ClassifierRecipe(
                "classifier",
                HeadPooling.Pooler,
                bert.ClassifierDropout
            ),
            HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, bert.ClassifierDropout),
            HeadKinds.QuestionAnswering => new ClassifierRecipe("qa_outputs", HeadPooling.None, 0),
            _ => null,
        };
    }

    public override bool IsRedundant(string key) =>
        base.IsRedundant(key) || key is "cls.predictions.decoder.weight" or "cls.predictions.decoder.bias";

    public override string HeadOf(IReadOnlySet<string> keys)
    {
        if (keys.Contains("cls.seq_relationship.weight")) return HeadKinds.PreTraining;
        if (keys.Contains("cls.predictions.bias")) return HeadKinds.MaskedLm;
        return keys.Contains("qa_outputs.weight") ? HeadKinds.QuestionAnswering : HeadKinds.None;
    }

    private protected static bool HasPooler(string head) =>
        head is HeadKinds.None or HeadKinds.PreTraining or HeadKinds.SequenceClassification or HeadKinds.MultipleChoice
            or HeadKinds.Embedding;

    private static LanguageModelRecipe Predictions(BertConfig config) => new(
        new TransformRecipe("cls.predictions.transform.dense", config.Activation, config.HiddenSize)
        {
            Norm = "cls.predictions.transform.LayerNorm",
            Eps = config.LayerNormEps,
        },
        "cls.predictions.bias");
}
