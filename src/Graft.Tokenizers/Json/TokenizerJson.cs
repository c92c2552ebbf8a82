using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Tokenizers.Added;
using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.PostProcessors;
using Graft.Tokenizers.PreTokenizers;

namespace Graft.Tokenizers.Json;

/// <summary>Reads and writes <c>tokenizer.json</c>.</summary>
internal static class TokenizerJson
{
    // As the reference writes: readable characters stay as they are.
    private static readonly JsonWriterOptions s_writerOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Parses the bytes of a JSON file.</summary>
    /// <exception cref="InputException">They are not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        LfsPointer.Refuse(utf8.Span, file);
        if (utf8.Span.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        try
        {
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException exception)
        {
            throw new InputException(
                $"{file}: not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}: the file is damaged "
                    + $"or of another kind",
                exception
            );
        }
    }

    public static TokenizerParts Read(ReadOnlyMemory<byte> utf8, string file)
    {
        using JsonDocument document = Parse(utf8, file);
        JsonPart root = new(document.RootElement, file, "");
        string version = root.String("version", "1.0");
        if (version != "1.0") throw root.Member("version").Error($"Graft reads version \"1.0\", \"{version}\" was found");
        Normalizer? normalizer = root.Find("normalizer") is JsonPart n ? Normalizer.Read(n) : null;
        PreTokenizer? preTokenizer = root.Find("pre_tokenizer") is JsonPart p ? PreTokenizer.Read(p) : null;
        PostProcessor? postProcessor = root.Find("post_processor") is JsonPart q ? PostProcessor.Read(q) : null;
        Decoder? decoder = root.Find("decoder") is JsonPart d ? Decoder.Read(d) : null;
        TokenModel model = TokenModel.Read(root.Member("model"));
        return new(model, new(AddedTokens.Read(root.Find("added_tokens"), model.Vocabulary), normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            PostProcessor = postProcessor,
            Decoder = decoder,
            FileOptions = FileOptions.Read(root),
        };
    }

    public static void Write(TokenizerParts parts, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, s_writerOptions);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        FileOptions.Write(json, parts.FileOptions, token =>
            Math.Max(0, parts.AddedTokens.WithContent(token)?.Id ?? parts.Model.Vocabulary.IdOf(token))
        );
        parts.AddedTokens.Write(json);
        WritePart(json, "normalizer", parts.Normalizer is null ? null : parts.Normalizer.Write);
        WritePart(json, "pre_tokenizer", parts.PreTokenizer is null ? null : parts.PreTokenizer.Write);
        WritePart(json, "post_processor", parts.PostProcessor is null ? null : parts.PostProcessor.Write);
        WritePart(json, "decoder", parts.Decoder is null ? null : parts.Decoder.Write);
        json.WritePropertyName("model");
        parts.Model.Write(json);
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string name, Action<Utf8JsonWriter>? write)
    {
        json.WritePropertyName(name);
        if (write is null) json.WriteNullValue();
        else write(json);
    }
}
