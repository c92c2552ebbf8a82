using System.Runtime.CompilerServices;
using Graft.Tokenizers.Added;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.PreTokenizers;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Runs the steps of a tokenizer over texts on one thread, in memory it keeps: cut out added tokens, normalize, cut out those that are
/// looked for in the normalized text, split into pieces, let the model encode each piece. Where the steps allow it the text is first cut
/// into words, and a word that was seen before is answered from memory.
/// </summary>
internal sealed class EncodeSession(TokenizerParts parts, WordMemo memo) : TextSession
{
    private readonly PieceList _pieces = new();
    private readonly PieceEncoder _encoder = parts.Model.CreateEncoder();
    private readonly PieceTokens _tokens = new();
    private readonly TokenBuffer _word = new(withOffsets: true) { Surfaces = [] };
    private readonly bool _needsLeadingSpace = parts.PreTokenizer is ByteLevel { AddPrefixSpace: true };

    // A word from the middle of a text gets no space of its own.
    private readonly PreTokenizer? _wordPreTokenizer = parts.PreTokenizer is ByteLevel { AddPrefixSpace: true } step
        ? step.With(new TokenizerOverrides { AddPrefixSpace = false })
        : parts.PreTokenizer;

    public override void Encode(ReadOnlySpan<char> text, bool splitSpecialTokens, TokenBuffer output)
    {
        AddedTokenMatcher matcher = parts.AddedTokens.InOriginal;
        int from = 0;
        while (matcher.Find(text, from, splitSpecialTokens, out AddedTokenMatch match))
        {
            EncodeStretch(text[from..match.Start], from, splitSpecialTokens, output);
            AddToken(match.Token, text[match.Start..match.End], match.Start, output);
            from = match.End;
        }

        EncodeStretch(text[from..], from, splitSpecialTokens, output);
    }

    // A stretch of the original text without added tokens of the first kind.
    private void EncodeStretch(ReadOnlySpan<char> stretch, int origin, bool splitSpecialTokens, TokenBuffer output)
    {
        if (parts.Scanner == ScannerKind.None)
        {
            RunSteps(stretch, origin, parts.PreTokenizer, splitSpecialTokens, output);
            return;
        }

        AddedTokenMatcher matcher = parts.AddedTokens.InNormalized;
        int from = 0;
        while (matcher.Find(stretch, from, splitSpecialTokens, out AddedTokenMatch match))
        {
            EncodeWords(stretch[from..match.Start], origin + from, splitSpecialTokens, output);
            AddToken(match.Token, stretch[match.Start..match.End], origin + match.Start, output);
            from = match.End;
        }

        EncodeWords(stretch[from..], origin + from, splitSpecialTokens, output);
    }

    // A stretch without any added token, word by word.
    private void EncodeWords(ReadOnlySpan<char> text, int origin, bool splitSpecialTokens, TokenBuffer output)
    {
        if (text.IsEmpty) return;
        int tokens = output.Count;
        int words = output.WordCount;
        bool done = !(_needsLeadingSpace && text[0] != ' ') && parts.Scanner switch
        {
            ScannerKind.Bert => TryEncodeWords<BertScanner>(text, origin, splitSpecialTokens, output),
            ScannerKind.Gpt2 => TryEncodeWords<Gpt2Scanner>(text, origin, splitSpecialTokens, output),
            _ => TryEncodeWords<SpaceScanner>(text, origin, splitSpecialTokens, output),
        };
        if (done) return;
        output.CutTo(tokens, words);
        RunSteps(text, origin, parts.PreTokenizer, splitSpecialTokens, output);
    }

    private bool TryEncodeWords<TScanner>(ReadOnlySpan<char> text, int origin, bool splitSpecialTokens, TokenBuffer output)
        where TScanner : struct, IWordScanner
    {
        WordMemo.Table known = memo.Current;
        int start = 0;
        int length;
        while ((length = TScanner.Next(text, ref start)) > 0)
        {
            if (WordKey.TryPack(text, start, length, out WordKey key))
            {
                ref MemoEntry entry = ref known.Find(key);
                if (!entry.IsUsed)
                {
                    known = Remember(key, text.Slice(start, length), splitSpecialTokens);
                    entry = ref known.Find(key);
                }

                if (entry.IsUsed && !(entry.HasSurfaces && output.Surfaces is not null))
                {
                    Recall(known, ref entry, origin + start, output);
                    start += length;
                    continue;
                }
            }

            RunSteps(text.Slice(start, length), origin + start, _wordPreTokenizer, splitSpecialTokens, output);
            if (_pieces.Text.LostItsStart) return false;
            start += length;
        }

        return length != IWordScanner.CannotCut;
    }

    /// <summary>A table with the word in it, unless it cannot be remembered.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WordMemo.Table Remember(WordKey key, ReadOnlySpan<char> word, bool splitSpecialTokens)
    {
        WordMemo.Table known = memo.Current; // another thread may have met the word since
        if (known.Find(key).IsUsed) return known;
        _word.Clear();
        RunSteps(word, 0, _wordPreTokenizer, splitSpecialTokens, _word);
        return _pieces.Text.LostItsStart ? known : memo.Add(key, _word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Recall(WordMemo.Table known, ref MemoEntry entry, int place, TokenBuffer output)
    {
        int word = output.WordCount;
        output.WordCount = word + entry.Words;
        output.Reserve(entry.Count);
        if (entry.Count == 1)
        {
            output.AddReserved(entry.First.Id, place + entry.First.Start, place + entry.First.End, word + entry.First.Word);
            return;
        }

        foreach (ref readonly MemoToken token in known.TokensOf(ref entry))
        {
            output.AddReserved(token.Id, place + token.Start, place + token.End, word + token.Word);
        }
    }

    // All steps in their order, on a stretch without added tokens of the first kind.
    private void RunSteps(ReadOnlySpan<char> stretch, int origin, PreTokenizer? preTokenizer, bool splitSpecialTokens, TokenBuffer output)
    {
        if (stretch.IsEmpty) return;
        _pieces.Text.Reset(stretch, origin);
        parts.Normalizer?.Apply(_pieces.Text);
        _pieces.Reset();
        if (parts.Scanner == ScannerKind.None && !parts.AddedTokens.InNormalized.IsEmpty) CutOutNormalizedTokens(splitSpecialTokens);
        preTokenizer?.Apply(_pieces);
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

    private static void AddToken(AddedToken token, ReadOnlySpan<char> found, int start, TokenBuffer output) =>
        AddToken(token, found, new TextRange(start, start + found.Length), output);

    private static void AddToken(AddedToken token, ReadOnlySpan<char> found, TextRange source, TokenBuffer output)
    {
        string? surface = output.Surfaces is null || found.SequenceEqual(token.Content) ? null : new string(found);
        output.Add(token.Id, source.Start, source.End, output.WordCount++, surface);
    }
}
