using System.Buffers;
using Graft.Tokenizers.Pipeline;
using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// A SentencePiece <c>.model</c> file used as SentencePiece itself uses it: Unigram, BPE, character and word models, byte fallback,
/// user-defined pieces, the longest match of the model's character map. (A family's tokenizer such as T5's follows its
/// <c>tokenizer.json</c> instead, which differs in details.) Safe for use by several threads at once.
/// </summary>
public sealed class SentencePieceProcessor
{
    private readonly SentencePieceModel _model;
    private readonly SentencePieceVocabulary _vocabulary;
    private readonly SessionPool<SentencePieceSession> _sessions;

    private SentencePieceProcessor(SentencePieceModel model)
    {
        _model = model;
        _vocabulary = new SentencePieceVocabulary(model);
        _sessions = new(() => new SentencePieceSession(_vocabulary));
    }

    /// <summary>The pieces; the index is the id.</summary>
    public IReadOnlyList<SentencePiece> Pieces => _model.Pieces;

    /// <summary>The algorithm the model was trained for.</summary>
    public SentencePieceKind Kind => _model.Kind;

    /// <summary>The id of the unknown piece.</summary>
    public int UnknownId => _model.UnknownId;

    internal SentencePieceVocabulary Vocabulary => _vocabulary;

    /// <summary>Reads a <c>.model</c> or <c>.spm</c> file.</summary>
    /// <exception cref="InputException">The file cannot be read, or is no SentencePiece model.</exception>
    public static SentencePieceProcessor Load(string path)
    {
        try
        {
            return new SentencePieceProcessor(SentencePieceModel.Load(path));
        }
        catch (InputException error) when (!error.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new InputException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Appends the ids of a text to a list. In the steady state nothing is allocated.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = System.Text.Encoding.UTF8.GetBytes(text, rented);
        EncodeUtf8(rented.AsSpan(0, length), ids);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>
    /// Appends the ids of a UTF-8 text to a list; bytes that are no character read as U+FFFD. In the steady state nothing is allocated.
    /// </summary>
    public void EncodeUtf8(ReadOnlySpan<byte> text, List<int> ids)
    {
        SentencePieceSession session = _sessions.Take();
        session.EncodeIds(text, ids);
        Return(session);
    }

    /// <summary>The ids of a text.</summary>
    public int[] Encode(string text)
    {
        List<int> ids = [];
        Encode(text, ids);
        return [.. ids];
    }

    /// <summary>The pieces of a text with their places in its UTF-8 bytes, and the normalized text.</summary>
    public SentencePieceEncoding EncodeWithPlaces(string text)
    {
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        SentencePieceSession session = _sessions.Take();
        session.Encode(utf8);
        SentencePieceEncoding encoding = new(Places(session, utf8), System.Text.Encoding.UTF8.GetString(session.Normalized));
        Return(session);
        return encoding;
    }

    /// <summary>The most probable segmentations of a text, best first, with their log probabilities (Unigram models).</summary>
    /// <exception cref="InputException">The model is no Unigram model.</exception>
    public IReadOnlyList<(IReadOnlyList<SentencePiecePlace> Pieces, float Score)> EncodeBest(string text, int count)
    {
        if (Kind != SentencePieceKind.Unigram)
            throw new InputException($"only Unigram models know several segmentations of a text; this is a {Kind} model");
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        SentencePieceSession session = _sessions.Take();
        List<(IReadOnlyList<SentencePiecePlace>, float)> results = [];
        foreach (float score in session.Best(utf8, Math.Clamp(count, 1, 1024))) results.Add((Places(session, utf8), score));
        Return(session);
        return results;
    }

    /// <summary>The text of ids.</summary>
    /// <exception cref="InputException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids) => SentencePieceDecoder.Decode(_model, ids);

    private List<SentencePiecePlace> Places(SentencePieceSession session, byte[] utf8)
    {
        List<SentencePiecePlace> places = new(session.Tokens.Length);
        foreach (SentencePieceToken token in session.Tokens)
        {
            string piece =
                token.NormalizedStart < 0
                    ? _model.Pieces[token.Id].Text
                    : System.Text.Encoding.UTF8.GetString(session.Normalized[token.NormalizedStart..token.NormalizedEnd]);
            places.Add(
                new(token.Id, piece, System.Text.Encoding.UTF8.GetString(utf8.AsSpan()[token.Start..token.End]), token.Start, token.End)
            );
        }

        return places;
    }

    private void Return(SentencePieceSession session)
    {
        if (!session.IsLarge) _sessions.Return(session);
    }
}

/// <summary>A text's pieces and its normalized form, where ▁ stands for white space.</summary>
/// <param name="Pieces">The pieces in order.</param>
/// <param name="Normalized">The normalized text.</param>
public sealed record SentencePieceEncoding(IReadOnlyList<SentencePiecePlace> Pieces, string Normalized);

/// <summary>A piece found in a text.</summary>
/// <param name="Id">The id.</param>
/// <param name="Piece">The piece, as the normalized text has it.</param>
/// <param name="Surface">The original text it stands for; empty where it stands for a part of a character.</param>
/// <param name="Start">Where that begins, in UTF-8 bytes.</param>
/// <param name="End">Where it ends.</param>
public readonly record struct SentencePiecePlace(int Id, string Piece, string Surface, int Start, int End);
