using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Loading;

/// <summary>Writes a tokenizer into a folder as Hugging Face's libraries read it.</summary>
internal static class TokenizerWriter
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Save(TokenizerCore core, SpecialTokens special, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, Action<Stream> write) in core.Files()) WriteWhole(Path.Combine(folder, name), write);
        WriteWhole(Path.Combine(folder, "special_tokens_map.json"), stream => WriteObject(stream, json => WriteRoles(json, special)));
        WriteWhole(Path.Combine(folder, "tokenizer_config.json"), stream => WriteObject(stream, json =>
        {
            WriteSettings(json, core);
            WriteRoles(json, special);
        }));
    }

    // The class is the general one: all there is to know stands in tokenizer.json.
    private static void WriteSettings(Utf8JsonWriter json, TokenizerCore core)
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        if (core is PipelineCore { Parts: { Normalizer: BertNormalizer normalizer, Model: WordPiece } })
        {
            json.WriteBoolean("do_lower_case", normalizer.LowerCase);
            json.WriteBoolean("tokenize_chinese_chars", normalizer.HandleChineseChars);
            if (normalizer.StripAccents is bool strip) json.WriteBoolean("strip_accents", strip);
        }

        json.WriteBoolean("clean_up_tokenization_spaces", false);
    }

    private static void WriteRoles(Utf8JsonWriter json, SpecialTokens special)
    {
        foreach ((string role, string token) in special.ByRole) json.WriteString(role, token);
    }

    private static void WriteObject(Stream stream, Action<Utf8JsonWriter> members)
    {
        using Utf8JsonWriter json = new(stream, s_options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }

    // A reader never sees half a file: written under another name, flushed to the disk, renamed.
    private static void WriteWhole(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
