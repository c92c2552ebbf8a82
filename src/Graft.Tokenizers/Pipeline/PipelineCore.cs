using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Loading;
using Graft.Tokenizers.PostProcessors;

namespace Graft.Tokenizers.Pipeline;

/// <summary>A tokenizer made of the steps of a <c>tokenizer.json</c>.</summary>
internal sealed class PipelineCore(TokenizerParts parts) : TokenizerCore
{
    public TokenizerParts Parts => parts;

    public override int IdEnd { get; } = Math.Max(parts.Model.Vocabulary.IdEnd, parts.AddedTokens.Tokens.Select(token => token.Id + 1).DefaultIfEmpty().Max());

    public override int TokenCount { get; } =
        parts.Model.Vocabulary.Count + parts.AddedTokens.Tokens.Count(token => parts.Model.Vocabulary.IdOf(token.Content) < 0);

    public override string? UnknownToken => parts.Model.UnknownToken;

    public override IReadOnlyList<AddedToken> AddedTokens => parts.AddedTokens.Tokens;

    public override PostProcessor? PostProcessor => parts.PostProcessor;

    public override TextSession CreateSession() => new EncodeSession(parts);

    public override int IdOf(string token) => parts.AddedTokens.WithContent(token)?.Id ?? parts.Model.Vocabulary.IdOf(token);

    public override string? TokenOf(int id) => parts.AddedTokens.WithId(id)?.Content ?? parts.Model.Vocabulary.TokenOf(id);

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            if (TokenOf(id) is not string token) continue;
            if (skipSpecialTokens && parts.AddedTokens.WithContent(token) is { Special: true }) continue;
            tokens.Add(token);
        }

        if (parts.Decoder is null) return string.Join(' ', tokens);
        parts.Decoder.Apply(tokens);
        return string.Concat(tokens);
    }

    public override TokenizerCore With(TokenizerOverrides overrides)
    {
        TokenizerParts changed = parts with
        {
            Normalizer = parts.Normalizer?.With(overrides),
            PreTokenizer = parts.PreTokenizer?.With(overrides),
            PostProcessor = parts.PostProcessor?.With(overrides),
        };
        return new PipelineCore(changed with { AddedTokens = new(parts.AddedTokens.Tokens, changed.Normalizer) });
    }

    public override IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return ("tokenizer.json", stream => TokenizerJson.Write(parts, stream));
        foreach ((string Name, Action<Stream> Write) file in parts.Model.ClassicFiles()) yield return file;
    }
}
