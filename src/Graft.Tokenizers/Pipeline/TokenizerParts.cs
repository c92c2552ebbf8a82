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
    /// <summary>How texts may be cut into words before the steps see them; set by <see cref="PipelineCore"/>.</summary>
    public ScannerKind Scanner { get; init; }

    /// <summary>The truncation and padding the file asks for; not applied unless a caller does.</summary>
    public EncodeOptions? FileOptions { get; init; }

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    public Decoder? Decoder { get; init; }
}
