using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>
/// RoBERTa's special tokens, <c>&lt;s&gt; A &lt;/s&gt;</c> and <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;</c>, one token type,
/// trimmed offsets.
/// </summary>
internal sealed class RobertaProcessing((string Token, int Id) cls, (string Token, int Id) sep, bool trimOffsets, bool addPrefixSpace)
    : PostProcessor
{
    public override IReadOnlyList<TemplatePart> Single { get; } =
    [
        TemplatePart.ForToken(cls.Token, cls.Id, 0), TemplatePart.ForSequence(0, 0), TemplatePart.ForToken(sep.Token, sep.Id, 0),
    ];

    public override IReadOnlyList<TemplatePart> Pair { get; } =
    [
        TemplatePart.ForToken(cls.Token, cls.Id, 0), TemplatePart.ForSequence(0, 0), TemplatePart.ForToken(sep.Token, sep.Id, 0),
        TemplatePart.ForToken(sep.Token, sep.Id, 0), TemplatePart.ForSequence(1, 0), TemplatePart.ForToken(sep.Token, sep.Id, 0),
    ];

    public override OffsetTrimming? Trimming { get; } = trimOffsets ? new(addPrefixSpace) : null;

    public override bool TypesFurtherWindows => true;

    public override PostProcessor With(TokenizerOverrides overrides) =>
        new RobertaProcessing(cls, sep, overrides.TrimOffsets ?? trimOffsets, overrides.AddPrefixSpace ?? addPrefixSpace);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "RobertaProcessing");
        WriteToken(json, "sep", sep);
        WriteToken(json, "cls", cls);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteEndObject();
    }

    public static new RobertaProcessing Read(JsonPart part) =>
        new(
            ReadToken(part.Member("cls")),
            ReadToken(part.Member("sep")),
            part.Bool("trim_offsets", true),
            part.Bool("add_prefix_space", true)
        );
}
