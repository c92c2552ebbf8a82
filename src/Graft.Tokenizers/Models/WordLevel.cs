using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Models;

/// <summary>Every piece is one token; one that is not in the vocabulary is unknown.</summary>
internal sealed class WordLevel(Vocabulary vocabulary, string unknownToken) : TokenModel
{
    public override Vocabulary Vocabulary => vocabulary;

    public override string UnknownToken => unknownToken;

    public override PieceEncoder CreateEncoder() => new Encoder(vocabulary, unknownToken);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordLevel");
        WriteVocabulary(json, vocabulary);
        json.WriteString("unk_token", unknownToken);
        json.WriteEndObject();
    }

    public static new WordLevel Read(JsonPart part) => new(ReadVocabulary(part.Member("vocab")), part.String("unk_token", "<unk>"));

    private sealed class Encoder(Vocabulary vocabulary, string unknownToken) : PieceEncoder
    {
        private readonly int _unknownId = vocabulary.IdOf(unknownToken);

        public override void Encode(ReadOnlySpan<char> piece, PieceTokens tokens)
        {
            int id = vocabulary.IdOf(piece);
            if (id < 0)
                id = _unknownId;
            if (id < 0)
                throw new InputException($"\"{piece}\" is not in the vocabulary, and neither is the unknown token \"{unknownToken}\"");
            tokens.Add(new(id, 0, piece.Length));
        }
    }
}
