using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Decoders;

/// <summary>Turns the suffix that ends a word to a space; the last one is dropped.</summary>
internal sealed class BytePairDecoder(string suffix) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        if (suffix.Length == 0)
            return;
        for (int i = 0; i < tokens.Count; i++)
            tokens[i] = tokens[i].Replace(suffix, i + 1 < tokens.Count ? " " : "", StringComparison.Ordinal);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BPEDecoder");
        json.WriteString("suffix", suffix);
        json.WriteEndObject();
    }

    public static new BytePairDecoder Read(JsonPart part) => new(part.String("suffix", "</w>"));
}

/// <summary>Joins runs of byte tokens to the text they are in UTF-8; a run that is none becomes one U+FFFD a byte.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly System.Text.UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override void Apply(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        List<byte> bytes = [];
        foreach (string token in tokens)
        {
            if (ByteToken.TryParse(token, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, decoded);
            decoded.Add(token);
        }

        Flush(bytes, decoded);
        tokens.Clear();
        tokens.AddRange(decoded);
    }

    public override void Write(Utf8JsonWriter json) => json.WriteType("ByteFallback");

    private static void Flush(List<byte> bytes, List<string> decoded)
    {
        if (bytes.Count == 0) return;
        try
        {
            decoded.Add(s_strictUtf8.GetString([.. bytes]));
        }
        catch (System.Text.DecoderFallbackException)
        {
            decoded.AddRange(Enumerable.Repeat("\uFFFD", bytes.Count));
        }

        bytes.Clear();
    }
}

/// <summary>Joins all tokens to one.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override void Apply(List<string> tokens)
    {
        string text = string.Concat(tokens);
        tokens.Clear();
        tokens.Add(text);
    }

    public override void Write(Utf8JsonWriter json) => json.WriteType("Fuse");
}

/// <summary>Drops some characters at the beginning and the end of every token.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            int from = 0;
            while (from < start && from < token.Length && token[from] == content) from++;
            int to = token.Length;
            while (token.Length - to < stop && to > from && token[to - 1] == content) to--;
            tokens[i] = token[from..to];
        }
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Strip");
        json.WriteString("content", content.ToString());
        json.WriteNumber("start", start);
        json.WriteNumber("stop", stop);
        json.WriteEndObject();
    }

    public static new StripDecoder Read(JsonPart part)
    {
        string content = part.Member("content").AsString();
        if (content.Length != 1) throw part.Member("content").Error($"one character was expected, \"{content}\" was found");
        return new(content[0], part.Int("start", 0), part.Int("stop", 0));
    }
}

/// <summary>Replaces every match of a string or an expression in every token.</summary>
internal sealed class ReplaceDecoder(PatternSource source, string content) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++) tokens[i] = Replace(tokens[i]);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        source.Write(json);
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    public static new ReplaceDecoder Read(JsonPart part) =>
        new(PatternSource.Read(part.Member("pattern")), part.Member("content").AsString());

    private string Replace(string token)
    {
        List<TextRange> matches = [];
        source.Pattern.FindAll(token, matches);
        System.Text.StringBuilder replaced = new();
        int end = 0;
        foreach (TextRange match in matches)
        {
            replaced.Append(token, end, match.Start - end).Append(content);
            end = match.End;
        }

        return replaced.Append(token, end, token.Length - end).ToString();
    }
}
