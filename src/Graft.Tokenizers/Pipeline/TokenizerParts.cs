using Graft.Tokenizers.Added;
using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.PostProcessors;
using Graft.Tokenizers.PreTokenizers;

namespace Graft.Tokenizers.Pipeline;

/// <summary>The steps of a <c>tokenizer.json</c>. Immutable, shared by all threads.</summary>
internal sealed record TokenizerParts(TokenModel Model, AddedTokens AddedTokens)
{
    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    public Decoder? Decoder { get; init; }
}
