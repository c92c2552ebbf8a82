using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Models;

/// <summary>
/// Greedy longest match from the left; what continues a word carries a prefix: <c>unaffable</c> → <c>un ##aff ##able</c>.
/// A word that is too long, or of which any rest is not matched, is one unknown token.
/// </summary>
internal sealed class WordPiece : TokenModel
{
    private readonly CharTrie _trie;
    private readonly int _continuingRoot;
    private readonly int _unknownId;

    public WordPiece(Vocabulary vocabulary, string unknownToken = "[UNK]", string continuingPrefix = "##", int maxInputCharsPerWord = 100)
    {
        Vocabulary = vocabulary;
        UnknownToken = unknownToken;
        ContinuingPrefix = continuingPrefix;
        MaxInputCharsPerWord = maxInputCharsPerWord;
        _unknownId = vocabulary.IdOf(unknownToken);
        _trie = new(3 * vocabulary.Count);
        foreach ((string token, int id) in vocabulary.Tokens()) _trie.Add(token, id);
        _continuingRoot = _trie.Walk(continuingPrefix, out _);
    }

    public override Vocabulary Vocabulary { get; }

    public override string UnknownToken { get; }

    /// <summary>What marks a token that continues a word.</summary>
    public string ContinuingPrefix { get; }

    /// <summary>A word of more code points than this is one unknown token.</summary>
    public int MaxInputCharsPerWord { get; }

    public override PieceEncoder CreateEncoder() => new Encoder(this);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", UnknownToken);
        json.WriteString("continuing_subword_prefix", ContinuingPrefix);
        json.WriteNumber("max_input_chars_per_word", MaxInputCharsPerWord);
        WriteVocabulary(json, Vocabulary);
        json.WriteEndObject();
    }

    public override IEnumerable<(string Name, Action<Stream> Write)> ClassicFiles() =>
        [("vocab.txt", stream => Loading.ClassicFiles.WriteVocabularyText(Vocabulary, stream))];

    public static new WordPiece Read(JsonPart part)
    {
        WordPiece model = new(
            ReadVocabulary(part.Member("vocab")),
            part.String("unk_token", "[UNK]"),
            part.String("continuing_subword_prefix", "##"),
            part.Int("max_input_chars_per_word", 100));
        if (model._unknownId < 0) throw part.Error($"the vocabulary has no unknown token \"{model.UnknownToken}\"");
        return model;
    }

    private sealed class Encoder(WordPiece model) : PieceEncoder
    {
        public override void Encode(ReadOnlySpan<char> piece, PieceTokens tokens)
        {
            int before = tokens.Tokens.Length;
            if (IsTooLong(piece) || !TryMatch(piece, tokens))
            {
                tokens.CutTo(before);
                tokens.Add(new(model._unknownId, 0, piece.Length));
            }
        }

        private bool IsTooLong(ReadOnlySpan<char> piece) =>
            piece.Length > model.MaxInputCharsPerWord && Utf16.Count(piece) > model.MaxInputCharsPerWord;

        private bool TryMatch(ReadOnlySpan<char> piece, PieceTokens tokens)
        {
            CharTrie trie = model._trie;
            for (int start = 0; start < piece.Length;)
            {
                int node = start == 0 ? CharTrie.Root : model._continuingRoot;
                int longest = CharTrie.None;
                int end = start;
                for (int i = start; i < piece.Length && node != CharTrie.None; i++)
                {
                    node = trie.Step(node, piece[i], out int value);
                    if (value == CharTrie.None) continue;
                    longest = value;
                    end = i + 1;
                }

                if (longest == CharTrie.None) return false;
                tokens.Add(new(longest, start, end));
                start = end;
            }

            return true;
        }
    }
}
