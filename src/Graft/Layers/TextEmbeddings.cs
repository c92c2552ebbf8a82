using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>How a family makes its input vectors.</summary>
/// <param name="Vocabulary">Rows of the word table.</param>
/// <param name="Positions">Rows of the position table; 0 for none.</param>
/// <param name="Types">Rows of the segment table; 0 for none.</param>
/// <param name="Width">Of the vectors.</param>
/// <param name="Eps">Of the norm.</param>
/// <param name="Dropout">On the normalised sum.</param>
/// <param name="Deviation">Of the first draws.</param>
/// <param name="PadTokenId">The row without gradient; null for none.</param>
/// <param name="PositionsFromPadding">Positions count what is not padding, from the pad id + 1.</param>
internal sealed record EmbeddingShape(
    int Vocabulary, int Positions, int Types, int Width, double Eps, double Dropout, double Deviation, int? PadTokenId, bool PositionsFromPadding = false);

/// <summary>
/// Drop(LN(word + position + segment)) (Devlin et al. 2019, §3), and the fourth tuning slot: vectors before those of the text.
/// </summary>
internal sealed partial class TextEmbeddings : Layer
{
    private readonly EmbeddingShape _shape;
    private readonly EmbeddingTable? _positions;
    private readonly EmbeddingTable? _types;
    private readonly Norm _norm;

    public TextEmbeddings(EmbeddingShape shape)
    {
        _shape = shape;
        Words = Add("word_embeddings", new EmbeddingTable("token id", shape.Vocabulary, shape.Width, shape.Deviation, shape.PadTokenId));
        if (shape.Positions > 0)
            _positions = Add("position_embeddings", new EmbeddingTable("position", shape.Positions, shape.Width, shape.Deviation, shape.PositionsFromPadding ? shape.PadTokenId : null));
        if (shape.Types > 0) _types = Add("token_type_embeddings", new EmbeddingTable("segment", shape.Types, shape.Width, shape.Deviation));
        _norm = Add("LayerNorm", new Norm(shape.Width, shape.Eps));
    }

    public EmbeddingTable Words { get; }

    /// <summary>The most tokens a text may have; null without a position table.</summary>
    public int? PositionLimit => _positions is null ? null : _shape.Positions - (_shape.PositionsFromPadding ? _shape.PadTokenId!.Value + 1 : 0);

    /// <summary>Uses another's tables of words, positions and segments from now on; the norm stays its own.</summary>
    public void ShareWith(TextEmbeddings other)
    {
        Words.ShareWith(other.Words);
        if (_positions is not null && other._positions is not null) _positions.ShareWith(other._positions);
        if (_types is not null && other._types is not null) _types.ShareWith(other._types);
    }

    /// <summary>[B, T] → [B, T, D], or packed.</summary>
    /// <param name="input">The text, already lengthened by <see cref="PromptSlot"/> where that slot is filled.</param>
    /// <param name="context">Dropout.</param>
    /// <param name="positionOffset">The number of keys before the text (prefix tuning): its positions start there.</param>
    public Tensor Forward(EncoderInput input, LayerContext context, long positionOffset = 0) =>
        Ops.Dropout(Normalised(input, positionOffset), _shape.Dropout, context.Site(DropoutSites.Embeddings));

    /// <summary>LN(word + position + segment).</summary>
    public Tensor Normalised(EncoderInput input, long positionOffset = 0)
    {
        Tensor sum = input.InputsEmbeds ?? Words.Forward(input.InputIds);
        if (_types is not null) sum = sum + (input.TokenTypeIds is null ? _types.Weight.select(0, 0) : _types.Forward(input.TokenTypeIds));
        if (_positions is not null) sum = sum + Positions(_positions, input, positionOffset);
        return _norm.Forward(sum);
    }

    private Tensor Positions(EmbeddingTable table, EncoderInput input, long offset)
    {
        PositionIds.Require(input.Longest + offset, PositionLimit!.Value, "position_embeddings");
        Tensor ids = input.PositionIds
            ?? (_shape.PositionsFromPadding ? PositionIds.FromPadding(input, _shape.PadTokenId!.Value, offset) : PositionIds.FromStart(input, offset));
        return table.Forward(ids);
    }
}
