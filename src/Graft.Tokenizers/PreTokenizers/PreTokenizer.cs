using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>
/// A step that cuts the normalized text into the pieces the model sees: one of the kinds a <c>tokenizer.json</c> can name.
/// </summary>
internal abstract class PreTokenizer
{
    /// <summary>Refines the pieces; those that are added tokens stay as they are.</summary>
    public abstract void Apply(PieceList pieces);

    /// <summary>Writes the step as <c>tokenizer.json</c> has it.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>The same step with settings changed.</summary>
    public virtual PreTokenizer With(TokenizerOverrides overrides) => this;

    public static PreTokenizer Read(JsonPart part) => part.Type switch
    {
        "BertPreTokenizer" => new BertPreTokenizer(),
        "WhitespaceSplit" => new WhitespaceSplit(),
        "ByteLevel" => ByteLevel.Read(part),
        "Metaspace" => Metaspace.Read(part),
        "Whitespace" => new Whitespace(),
        "Punctuation" => Punctuation.Read(part),
        "Digits" => Digits.Read(part),
        "Split" => Split.Read(part),
        "CharDelimiterSplit" => CharDelimiterSplit.Read(part),
        "Sequence" => new PreTokenizerSequence([.. part.Member("pretokenizers").Items().Select(Read)]),
        string other => throw part.Error($"Graft does not know a pre-tokenizer of the type \"{other}\""),
    };
}

/// <summary>Several pre-tokenizers, one after the other.</summary>
internal sealed class PreTokenizerSequence(PreTokenizer[] steps) : PreTokenizer
{
    public PreTokenizer[] Steps => steps;

    public override void Apply(PieceList pieces)
    {
        foreach (PreTokenizer step in steps) step.Apply(pieces);
    }

    public override PreTokenizer With(TokenizerOverrides overrides) =>
        new PreTokenizerSequence([.. steps.Select(step => step.With(overrides))]);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        foreach (PreTokenizer step in steps) step.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
