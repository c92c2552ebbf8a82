using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>BERT's special tokens: <c>[CLS] A [SEP]</c> and <c>[CLS] A [SEP] B [SEP]</c>, the second text with token type 1.</summary>
internal sealed class BertProcessing((string Token, int Id) cls, (string Token, int Id) sep) : PostProcessor
{
    public override IReadOnlyList<TemplatePart> Single { get; } =
    [
        TemplatePart.ForToken(cls.Token, cls.Id, 0), TemplatePart.ForSequence(0, 0), TemplatePart.ForToken(sep.Token, sep.Id, 0),
    ];

    public override IReadOnlyList<TemplatePart> Pair { get; } =
    [
        TemplatePart.ForToken(cls.Token, cls.Id, 0), TemplatePart.ForSequence(0, 0), TemplatePart.ForToken(sep.Token, sep.Id, 0),
        TemplatePart.ForSequence(1, 1), TemplatePart.ForToken(sep.Token, sep.Id, 1),
    ];

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BertProcessing");
        WriteToken(json, "sep", sep);
        WriteToken(json, "cls", cls);
        json.WriteEndObject();
    }

    public static new BertProcessing Read(JsonPart part) => new(ReadToken(part.Member("cls")), ReadToken(part.Member("sep")));
}
