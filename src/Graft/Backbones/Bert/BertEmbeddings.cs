using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Bert;

/// <summary>
/// From ids to input vectors: Drop(LN(word + position + segment)) (Devlin et al. 2019, §3, figure 2).
/// Legend: B batch, T tokens, E width of the vectors.
/// </summary>
internal partial class BertEmbeddings : Layer
{
    private readonly BertConfig _config;
    private readonly EmbeddingTable? _positions;
    private readonly EmbeddingTable? _types;
    private readonly Norm _norm;

    public BertEmbeddings(BertConfig config)
    {
        _config = config;
        (int width, double deviation) = (config.EmbeddingSize, config.InitializerRange);
        Words = Add("word_embeddings", new EmbeddingTable("token id", config.VocabularySize, width, deviation, config.PaddingRow));
        if (config.Positions > 0)
            _positions = Add(
                "position_embeddings",
                new EmbeddingTable("position", config.Positions, width, deviation, config.PositionsFromPadding ? config.PaddingRow : null)
            );
        if (config.Types > 0)
            _types = Add("token_type_embeddings", new EmbeddingTable("segment", config.Types, width, deviation));
        _norm = Add("LayerNorm", new Norm(width, config.LayerNormEps));
    }

    public EmbeddingTable Words { get; }

    /// <summary>Uses another's tables of words, positions and segments from now on; the norm stays its own.</summary>
    public void ShareWith(BertEmbeddings other)
    {
        Words.ShareWith(other.Words);
        if (_positions is not null && other._positions is not null) _positions.ShareWith(other._positions);
        if (_types is not null && other._types is not null) _types.ShareWith(other._types);
    }

    /// <summary>ids [B, T] → [B, T, E].</summary>
    /// <param name="input">The text, already lengthened by <see cref="PromptSlot"/> where that slot is filled.</param>
    /// <param name="context">Dropout.</param>
    /// <param name="positionOffset">The number of keys before the text (prefix tuning): its positions start there.</param>
    public Tensor Forward(EncoderInput input, LayerContext context, long positionOffset = 0) =>
        Ops.Dropout(Normalised(input, positionOffset), _config.HiddenDropout, context.Site(DropoutSites.Embeddings));

    /// <summary>LN(word + position + segment), [B, T, E].</summary>
    public Tensor Normalised(EncoderInput input, long positionOffset = 0) => _norm.Forward(Sum(input, positionOffset));

    /// <summary>word + position + segment, [B, T, E].</summary>
    private protected virtual Tensor Sum(EncoderInput input, long positionOffset)
    {
        Tensor sum = input.InputsEmbeds ?? Words.Forward(input.InputIds);
        if (_types is not null) sum = sum + (input.TokenTypeIds is null ? _types.Weight.select(0, 0) : _types.Forward(input.TokenTypeIds));
        if (_positions is not null) sum = sum + Positions(_positions, input, positionOffset);
        return sum;
    }

    private Tensor Positions(EmbeddingTable table, EncoderInput input, long offset)
    {
        PositionIds.Require(input.Longest + offset, _config.PositionLimit!.Value, "position_embeddings");
        Tensor ids = input.PositionIds
            ?? (
                _config.PositionsFromPadding
                    ? PositionIds.FromPadding(input, _config.PaddingRow!.Value, offset)
                    : PositionIds.FromStart(input, offset)
            );
        return table.Forward(ids);
    }
}
