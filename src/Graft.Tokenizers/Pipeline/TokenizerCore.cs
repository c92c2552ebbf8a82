using Graft.Tokenizers.PostProcessors;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// What a <see cref="Tokenizer"/> is made of: how one text becomes tokens and back. There are two kinds, the steps of a
/// <c>tokenizer.json</c> and a plain SentencePiece model. Shared by all threads; what one thread needs is a <see cref="TextSession"/>.
/// </summary>
internal abstract class TokenizerCore
{
    /// <summary>One past the largest id.</summary>
    public abstract int IdEnd { get; }

    /// <summary>The number of different tokens.</summary>
    public abstract int TokenCount { get; }

    /// <summary>The token for what the vocabulary does not have, or null.</summary>
    public abstract string? UnknownToken { get; }

    /// <summary>The added tokens.</summary>
    public abstract IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>What puts special tokens around a text, or null.</summary>
    public abstract PostProcessor? PostProcessor { get; }

    /// <summary>Makes the working memory of one thread.</summary>
    public abstract TextSession CreateSession();

    /// <summary>The id of a token, or −1.</summary>
    public abstract int IdOf(string token);

    /// <summary>The token with an id, or null.</summary>
    public abstract string? TokenOf(int id);

    /// <summary>Turns tokens back to text.</summary>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens);

    /// <summary>The same with some settings changed.</summary>
    public abstract TokenizerCore With(TokenizerOverrides overrides);

    /// <summary>The files of the vocabulary that go into a folder, by name.</summary>
    public abstract IEnumerable<(string Name, Action<Stream> Write)> Files();
}

/// <summary>Encodes texts on one thread.</summary>
internal abstract class TextSession
{
    /// <summary>Room for the tokens of a text, with the texts of those that are not the vocabulary's.</summary>
    public TokenBuffer Tokens { get; } = new(withOffsets: true) { Surfaces = [] };

    /// <summary>Appends the tokens of a text; offsets are in its UTF-16 units.</summary>
    public abstract void Encode(ReadOnlySpan<char> text, bool splitSpecialTokens, TokenBuffer output);
}
