using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Normalizers;

/// <summary>A step that rewrites the text before it is split: one of the kinds a <c>tokenizer.json</c> can name.</summary>
internal abstract class Normalizer
{
    /// <summary>Rewrites the text in place; the ranges of the original are kept.</summary>
    public abstract void Apply(NormalizedText text);

    /// <summary>Writes the step as <c>tokenizer.json</c> has it.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>The same step with settings changed.</summary>
    public virtual Normalizer With(TokenizerOverrides overrides) => this;

    public static Normalizer Read(JsonPart part) => part.Type switch
    {
        "BertNormalizer" => BertNormalizer.Read(part),
        "Lowercase" => new Lowercase(),
        "NFC" => new UnicodeForm(NormalizationKind.Nfc),
        "NFD" => new UnicodeForm(NormalizationKind.Nfd),
        "NFKC" => new UnicodeForm(NormalizationKind.Nfkc),
        "NFKD" => new UnicodeForm(NormalizationKind.Nfkd),
        "StripAccents" => new StripAccents(),
        "Replace" => Replace.Read(part),
        "Prepend" => Prepend.Read(part),
        "Strip" => Strip.Read(part),
        "Precompiled" => Precompiled.Read(part),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Sequence" => new NormalizerSequence([.. part.Member("normalizers").Items().Select(Read)]),
        string other => throw part.Error($"Graft does not know a normalizer of the type \"{other}\""),
    };
}

/// <summary>Several normalizers, one after the other.</summary>
internal sealed class NormalizerSequence(Normalizer[] steps) : Normalizer
{
    public IReadOnlyList<Normalizer> Steps => steps;

    public override void Apply(NormalizedText text)
    {
        foreach (Normalizer step in steps) step.Apply(text);
    }

    public override Normalizer With(TokenizerOverrides overrides) =>
        new NormalizerSequence([.. steps.Select(step => step.With(overrides))]);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        foreach (Normalizer step in steps) step.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
