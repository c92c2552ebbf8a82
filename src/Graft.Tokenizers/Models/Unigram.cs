using System.Runtime.InteropServices;
using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Models;

/// <summary>
/// A unigram language model: of all ways to cut a piece into tokens the one with the largest sum of scores (logarithms of
/// probabilities), found by Viterbi's algorithm. What no token covers is unknown, character by character; neighbours fuse.
/// </summary>
internal sealed class Unigram : TokenModel
{
    // How much worse than the worst token an unknown character is.
    private const double UnknownPenalty = 10;

    private readonly CharTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int? _unknownId;
    private readonly bool _byteFallback;

    public Unigram(IReadOnlyList<(string Token, double Score)> pieces, int? unknownId, bool byteFallback)
    {
        Vocabulary = new(pieces.Count);
        _scores = [.. pieces.Select(piece => piece.Score)];
        _unknownId = unknownId;
        _byteFallback = byteFallback;
        _unknownScore = _scores.DefaultIfEmpty().Min() - UnknownPenalty;
        _trie = new(3 * pieces.Count);
        for (int id = 0; id < pieces.Count; id++)
        {
            Vocabulary.Add(pieces[id].Token, id);
            _trie.Add(pieces[id].Token, id);
        }
    }

    public override Vocabulary Vocabulary { get; }

    public override string? UnknownToken => _unknownId is int id ? Vocabulary.TokenOf(id) : null;

    public override PieceEncoder CreateEncoder() => new Encoder(this);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Unigram");
        if (_unknownId is int unknown) json.WriteNumber("unk_id", unknown);
        else json.WriteNull("unk_id");
        json.WriteStartArray("vocab");
        for (int id = 0; id < _scores.Length; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(Vocabulary.TokenOf(id));
            json.WriteNumberValue(_scores[id]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", _byteFallback);
        json.WriteEndObject();
    }

    public static new Unigram Read(JsonPart part)
    {
        JsonPart vocab = part.Member("vocab");
        List<(string, double)> pieces = [];
        foreach (JsonPart item in vocab.Items())
        {
            if (item.Element.ValueKind != JsonValueKind.Array || item.Element.GetArrayLength() != 2)
                throw item.Error("a pair of token and score was expected");
            JsonElement.ArrayEnumerator pair = item.Element.EnumerateArray();
            pair.MoveNext();
            if (pair.Current.ValueKind != JsonValueKind.String) throw item.Error("a pair of token and score was expected");
            string token = pair.Current.GetString()!;
            pair.MoveNext();
            if (pair.Current.ValueKind != JsonValueKind.Number) throw item.Error("a pair of token and score was expected");
            pieces.Add((token, ScoreNumber.Parse(JsonMarshal.GetRawUtf8Value(pair.Current))));
        }

        int? unknown = part.Find("unk_id")?.AsInt();
        if (unknown is int id && (uint)id >= (uint)pieces.Count)
            throw part.Member("unk_id").Error($"{id} is not an id of the {pieces.Count} tokens");
        return new(pieces, unknown, part.Bool("byte_fallback", false));
    }

    private sealed class Encoder(Unigram model) : PieceEncoder
    {
        // The best way to reach a place of the piece: its score, where its last token begins, and that token.
        private record struct Step(double Score, int Start, int Id);

        private const int Unreached = -1;
        private const int Unknown = -1;

        private Step[] _steps = new Step[64];

        public override void Encode(ReadOnlySpan<char> piece, PieceTokens tokens)
        {
            FindBestPath(piece);
            int before = tokens.Tokens.Length;
            for (int end = piece.Length; end > 0;)
            {
                int start = _steps[end].Start;
                if (IsUnknown(_steps[end].Id))
                {
                    while (start > 0 && IsUnknown(_steps[start].Id)) start = _steps[start].Start;
                    AddUnknown(piece, start, end, tokens);
                }
                else
                {
                    tokens.Add(new(_steps[end].Id, start, end));
                }

                end = start;
            }

            tokens.ReverseFrom(before);
        }

        private void FindBestPath(ReadOnlySpan<char> piece)
        {
            if (_steps.Length <= piece.Length) _steps = new Step[Math.Max(piece.Length + 1, 2 * _steps.Length)];
            Step[] steps = _steps;
            Array.Fill(steps, new(0, Unreached, Unknown), 0, piece.Length + 1);
            CharTrie trie = model._trie;
            double[] scores = model._scores;
            for (int start = 0; start < piece.Length;)
            {
                double score = steps[start].Score;
                Utf16.At(piece, start, out int length);
                int next = start + length;
                bool hasSingle = false;
                int node = CharTrie.Root;
                for (int i = start; i < piece.Length; i++)
                {
                    node = trie.Step(node, piece[i], out int id);
                    if (node == CharTrie.None) break;
                    if (id == CharTrie.None) continue;
                    hasSingle |= i + 1 == next;
                    Improve(ref steps[i + 1], score + scores[id], start, id);
                }

                if (!hasSingle) Improve(ref steps[next], score + model._unknownScore, start, Unknown);
                start = next;
            }
        }

        private static void Improve(ref Step step, double score, int start, int id)
        {
            if (step.Start == Unreached || score > step.Score) step = new(score, start, id);
        }

        private bool IsUnknown(int id) => id == Unknown || id == model._unknownId;

        private void AddUnknown(ReadOnlySpan<char> piece, int start, int end, PieceTokens tokens)
        {
            ReadOnlySpan<char> text = piece[start..end];
            if (model.Vocabulary.IdOf(text) is int known and >= 0)
            {
                tokens.Add(new(known, start, end));
                return;
            }

            if (model._byteFallback && TryAddBytes(text, start, end, tokens))
                return;
            int id = model._unknownId
                ?? throw new InputException($"\"{text}\" is not covered by the vocabulary, and the tokenizer has no unknown token");
            tokens.Add(new(id, start, end, tokens.WithSurfaces ? new string(text) : null));
        }

        // Last byte first, as all tokens are turned round in the end.
        private bool TryAddBytes(ReadOnlySpan<char> text, int start, int end, PieceTokens tokens)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text.ToArray());
            int before = tokens.Tokens.Length;
            for (int i = bytes.Length - 1; i >= 0; i--)
            {
                int id = model.Vocabulary.IdOf(ByteToken.Of(bytes[i]));
                if (id < 0)
                {
                    tokens.CutTo(before);
                    return false;
                }

                tokens.Add(new(id, start, end));
            }

            return true;
        }
    }
}
