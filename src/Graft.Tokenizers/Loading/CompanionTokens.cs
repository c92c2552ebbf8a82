using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Loading;

/// <summary>Adds the tokens that only the files beside a vocabulary have, as the reference does when it loads a folder.</summary>
internal static class CompanionTokens
{
    /// <summary>
    /// The same with the added tokens, named special tokens and further special tokens of the files, in this order. One that the vocabulary
    /// has keeps its id there; the others get the next ids. How a token is looked for (flags) is as the files say, over what it was before.
    /// </summary>
    public static TokenizerCore Add(TokenizerCore core, TokenizerConfig config)
    {
        if (core is not PipelineCore pipeline) return core;
        Dictionary<string, AddedToken> tokens = new(StringComparer.Ordinal);
        foreach (AddedToken token in core.AddedTokens) tokens[token.Content] = token;
        int next = core.IdEnd;
        bool changed = false;
        foreach (AddedToken token in config.Added) Take(token, replaces: true);
        foreach (string role in TokenizerConfig.RoleNames)
        {
            if (config.Roles.TryGetValue(role, out AddedToken? token)) Take(token, replaces: false);
        }

        foreach (AddedToken token in config.ExtraSpecial) Take(token, replaces: false);
        return changed ? new PipelineCore(pipeline.Parts with { AddedTokens = new([.. tokens.Values], pipeline.Parts.Normalizer) }) : core;

        void Take(AddedToken token, bool replaces)
        {
            if (token.Content.Length == 0 || (!replaces && tokens.ContainsKey(token.Content))) return;
            int id = core.IdOf(token.Content);
            AddedToken taken = token with
            {
                Id =
                    id >= 0 ? id
                    : tokens.TryGetValue(token.Content, out AddedToken? known) ? known.Id
                    : next++,
            };
            changed |= !tokens.TryGetValue(token.Content, out AddedToken? old) || old != taken;
            tokens[token.Content] = taken;
        }
    }
}
