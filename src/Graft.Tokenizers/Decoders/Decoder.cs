using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Decoders;

/// <summary>A step on the way from tokens back to text: one of the kinds a <c>tokenizer.json</c> can name.</summary>
internal abstract class Decoder
{
    /// <summary>Rewrites the tokens; the text is what they are when the last step has joined them.</summary>
    public abstract void Apply(List<string> tokens);

    /// <summary>Writes the step as <c>tokenizer.json</c> has it.</summary>
    public abstract void Write(Utf8JsonWriter json);

    public static Decoder Read(JsonPart part) => part.Type switch
    {
        "WordPiece" => WordPieceDecoder.Read(part),
        "ByteLevel" => ByteLevelDecoder.Read(part),
        "Metaspace" => MetaspaceDecoder.Read(part),
        "BPEDecoder" => BytePairDecoder.Read(part),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => StripDecoder.Read(part),
        "Replace" => ReplaceDecoder.Read(part),
        "Sequence" => new DecoderSequence([.. part.Member("decoders").Items().Select(Read)]),
        string other => throw part.Error($"Graft does not know a decoder of the type \"{other}\""),
    };
}

/// <summary>Several decoders, one after the other.</summary>
internal sealed class DecoderSequence(Decoder[] steps) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        foreach (Decoder step in steps) step.Apply(tokens);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        foreach (Decoder step in steps) step.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
