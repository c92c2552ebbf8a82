using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>Adds nothing; trims the offsets of byte-level tokens if asked to.</summary>
internal sealed class ByteLevelProcessing(bool addPrefixSpace, bool trimOffsets, bool useRegex) : PostProcessor
{
    public override IReadOnlyList<TemplatePart> Single { get; } = [TemplatePart.ForSequence(0, 0)];

    public override IReadOnlyList<TemplatePart> Pair { get; } = [TemplatePart.ForSequence(0, 0), TemplatePart.ForSequence(1, 1)];

    public override OffsetTrimming? Trimming { get; } = trimOffsets ? new(addPrefixSpace) : null;

    public override PostProcessor With(TokenizerOverrides overrides) =>
        new ByteLevelProcessing(overrides.AddPrefixSpace ?? addPrefixSpace, overrides.TrimOffsets ?? trimOffsets, useRegex);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", trimOffsets);
        json.WriteBoolean("use_regex", useRegex);
        json.WriteEndObject();
    }

    public static new ByteLevelProcessing Read(JsonPart part) =>
        new(part.Bool("add_prefix_space", true), part.Bool("trim_offsets", true), part.Bool("use_regex", true));
}

/// <summary>Several post-processors: trimming from one, special tokens from another.</summary>
internal sealed class PostProcessorSequence(PostProcessor[] steps) : PostProcessor
{
    // The last step that puts something around the texts decides; a byte-level step puts nothing.
    private readonly PostProcessor _framing = Array.FindLast(steps, step => step is not ByteLevelProcessing) ?? steps[^1];

    public override IReadOnlyList<TemplatePart> Single => _framing.Single;

    public override IReadOnlyList<TemplatePart> Pair => _framing.Pair;

    public override OffsetTrimming? Trimming { get; } = Array.Find(steps, step => step.Trimming is not null)?.Trimming;

    public override PostProcessor With(TokenizerOverrides overrides) =>
        new PostProcessorSequence([.. steps.Select(step => step.With(overrides))]);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("processors");
        foreach (PostProcessor step in steps) step.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static new PostProcessorSequence Read(JsonPart part)
    {
        PostProcessor[] steps = [.. part.Member("processors").Items().Select(PostProcessor.Read)];
        return steps.Length > 0 ? new(steps) : throw part.Error("a sequence of post-processors must have one at least");
    }
}
