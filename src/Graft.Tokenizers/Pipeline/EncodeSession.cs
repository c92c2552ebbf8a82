using Graft.Tokenizers.Added;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Runs the steps of a tokenizer over texts on one thread, in memory it keeps: cut out added tokens, normalize, cut out those that are
/// looked for in the normalized text, split into pieces, let the model encode each piece.
/// </summary>
internal sealed class EncodeSession(TokenizerParts parts) : TextSession
{
    private readonly PieceList _pieces = new();
    private readonly PieceEncoder _encoder = parts.Model.CreateEncoder();
    private readonly PieceTokens _tokens = new();

    public override void Encode(ReadOnlySpan<char> text, bool splitSpecialTokens, TokenBuffer output)
    {
        int from = 0;
        AddedTokenMatcher matcher = parts.AddedTokens.InOriginal;
        while (matcher.Find(text, from, splitSpecialTokens, out AddedTokenMatch match))
        {
            EncodeStretch(text[from..match.Start], from, splitSpecialTokens, output);
            AddToken(match.Token, text[match.Start..match.End], new(match.Start, match.End), output);
            from = match.End;
        }

        EncodeStretch(text[from..], from, splitSpecialTokens, output);
    }

    // A stretch of the original text without added tokens of the first kind.
    private void EncodeStretch(ReadOnlySpan<char> stretch, int origin, bool splitSpecialTokens, TokenBuffer output)
    {
        if (stretch.IsEmpty) return;
        _pieces.Text.Reset(stretch, origin);
        parts.Normalizer?.Apply(_pieces.Text);
        _pieces.Reset();
        if (!parts.AddedTokens.InNormalized.IsEmpty) CutOutNormalizedTokens(splitSpecialTokens);
        parts.PreTokenizer?.Apply(_pieces);
        foreach (Piece piece in _pieces.Pieces) EncodePiece(piece, output);
    }

    private void CutOutNormalizedTokens(bool splitSpecialTokens)
    {
        ReadOnlySpan<char> text = _pieces.Text.Units;
        int from = 0;
        while (parts.AddedTokens.InNormalized.Find(text, from, splitSpecialTokens, out AddedTokenMatch match))
        {
            _pieces.Add(new(from, match.Start));
            _pieces.Add(new(match.Start, match.End, match.Token.Id));
            from = match.End;
        }

        _pieces.Add(new(from, text.Length));
        _pieces.Commit();
    }

    private void EncodePiece(Piece piece, TokenBuffer output)
    {
        ReadOnlySpan<char> text = _pieces.Text.Units[piece.Start..piece.End];
        if (piece.IsToken)
        {
            AddToken(parts.AddedTokens.WithId(piece.TokenId)!, text, _pieces.Text.SourceOf(piece.Start, piece.End), output);
            return;
        }

        _tokens.Clear();
        _tokens.WithSurfaces = output.Surfaces is not null;
        _encoder.Encode(text, _tokens);
        int word = output.WordCount++;
        foreach (PieceToken token in _tokens.Tokens)
        {
            TextRange source = _pieces.Text.SourceOf(piece.Start + token.Start, piece.Start + token.End);
            output.Add(token.Id, source.Start, source.End, word, token.Surface);
        }
    }

    private static void AddToken(AddedToken token, ReadOnlySpan<char> found, TextRange source, TokenBuffer output)
    {
        string? surface = output.Surfaces is null || found.SequenceEqual(token.Content) ? null : new string(found);
        output.Add(token.Id, source.Start, source.End, output.WordCount++, surface);
    }
}
