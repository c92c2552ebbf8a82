using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>A part of the finished encoding: one of the two sequences, or special tokens.</summary>
/// <param name="Sequence">0 or 1 for the first or second sequence, −1 for special tokens.</param>
/// <param name="TypeId">The token type of all its tokens.</param>
/// <param name="Ids">The special tokens.</param>
/// <param name="Tokens">The texts.</param>
/// <param name="Name">The name the template gives the special tokens.</param>
internal sealed record TemplatePart(int Sequence, int TypeId, int[] Ids, string[] Tokens, string Name = "")
{
    public bool IsSpecial => Sequence < 0;

    public static TemplatePart ForSequence(int sequence, int typeId) => new(sequence, typeId, [], []);

    public static TemplatePart ForToken(string token, int id, int typeId) => new(-1, typeId, [id], [token], token);
}

/// <summary>
/// The step that puts special tokens around the sequences. Every kind is a list of parts for one sequence and one for two; some also
/// trim the offsets of tokens that begin or end with spaces.
/// </summary>
internal abstract class PostProcessor
{
    /// <summary>The parts around a single sequence.</summary>
    public abstract IReadOnlyList<TemplatePart> Single { get; }

    /// <summary>The parts around two sequences.</summary>
    public abstract IReadOnlyList<TemplatePart> Pair { get; }

    /// <summary>How offsets are trimmed, or null.</summary>
    public virtual OffsetTrimming? Trimming => null;

    /// <summary>Whether the types the parts name hold in the further windows of a text too.</summary>
    public virtual bool TypesFurtherWindows => false;

    /// <summary>Writes the step as <c>tokenizer.json</c> has it.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>The same step with settings changed.</summary>
    public virtual PostProcessor With(TokenizerOverrides overrides) => this;

    public static PostProcessor Read(JsonPart part) => part.Type switch
    {
        "TemplateProcessing" => TemplateProcessing.Read(part),
        "BertProcessing" => BertProcessing.Read(part),
        "RobertaProcessing" => RobertaProcessing.Read(part),
        "ByteLevel" => ByteLevelProcessing.Read(part),
        "Sequence" => PostProcessorSequence.Read(part),
        string other => throw part.Error($"Graft does not know a post-processor of the type \"{other}\""),
    };

    /// <summary>Reads a pair of token and id, as <c>["[CLS]", 101]</c>.</summary>
    private protected static (string Token, int Id) ReadToken(JsonPart part)
    {
        JsonPart[] items = [.. part.Items()];
        if (items.Length != 2) throw part.Error("a pair of token and id was expected");
        return (items[0].AsString(), items[1].AsInt());
    }

    private protected static void WriteToken(Utf8JsonWriter json, string name, (string Token, int Id) token)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(token.Token);
        json.WriteNumberValue(token.Id);
        json.WriteEndArray();
    }
}
