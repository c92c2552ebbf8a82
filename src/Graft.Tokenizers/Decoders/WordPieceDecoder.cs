using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Decoders;

/// <summary>Joins what carries the prefix to the token before it and puts a space between all others.</summary>
internal sealed class WordPieceDecoder(string prefix = "##", bool cleanUp = true) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            if (i > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            tokens[i] = cleanUp ? CleanUp.OfToken(token) : token;
        }
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", prefix);
        json.WriteBoolean("cleanup", cleanUp);
        json.WriteEndObject();
    }

    public static new WordPieceDecoder Read(JsonPart part) => new(part.String("prefix", "##"), part.Bool("cleanup", true));
}
