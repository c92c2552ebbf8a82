using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Loading;
using Graft.Tokenizers.PostProcessors;

namespace Graft.Tokenizers.Pipeline;

/// <summary>A tokenizer made of the steps of a <c>tokenizer.json</c>.</summary>
internal sealed class PipelineCore : TokenizerCore
{
    private readonly WordMemo _memo = new();

    public PipelineCore(TokenizerParts parts)
    {
        Parts = parts with { Scanner = FastPath.For(parts) };
        IdEnd = Math.Max(parts.Model.Vocabulary.IdEnd, parts.AddedTokens.Tokens.Select(token => token.Id + 1).DefaultIfEmpty().Max());
        TokenCount = parts.Model.Vocabulary.Count + parts.AddedTokens.Tokens.Count(token => parts.Model.Vocabulary.IdOf(token.Content) < 0);
    }

    public TokenizerParts Parts { get; }

    public override int IdEnd { get; }

    public override int TokenCount { get; }

    public override string? UnknownToken => Parts.Model.UnknownToken;

    public override IReadOnlyList<AddedToken> AddedTokens => Parts.AddedTokens.Tokens;

    public override PostProcessor? PostProcessor => Parts.PostProcessor;

    public override TextSession CreateSession() => new EncodeSession(Parts, _memo);

    public override int IdOf(string token) => Parts.AddedTokens.WithContent(token)?.Id ?? Parts.Model.Vocabulary.IdOf(token);

    public override string? TokenOf(int id) => Parts.AddedTokens.WithId(id)?.Content ?? Parts.Model.Vocabulary.TokenOf(id);

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            if (TokenOf(id) is not string token) continue;
            if (skipSpecialTokens && Parts.AddedTokens.WithContent(token) is { Special: true }) continue;
            tokens.Add(token);
        }

        if (Parts.Decoder is null) return string.Join(' ', tokens);
        Parts.Decoder.Apply(tokens);
        return string.Concat(tokens);
    }

    public override TokenizerCore With(TokenizerOverrides overrides)
    {
        TokenizerParts changed = Parts with
        {
            Normalizer = Parts.Normalizer?.With(overrides),
            PreTokenizer = Parts.PreTokenizer?.With(overrides),
            PostProcessor = Parts.PostProcessor?.With(overrides),
        };
        return new PipelineCore(changed with { AddedTokens = new(Parts.AddedTokens.Tokens, changed.Normalizer) });
    }

    public override IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return ("tokenizer.json", stream => TokenizerJson.Write(Parts, stream));
        foreach ((string Name, Action<Stream> Write) file in Parts.Model.ClassicFiles()) yield return file;
    }
}
