using Graft.Backbones;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>
/// SpanBERT's objective (Joshi et al. 2020, §3.2): masked LM, and each token of a masked span again from the two tokens just outside it and
/// its position in the span: h = [x₍s−1₎; x₍e+1₎; p₍i−s+1₎], y = LN(gelu(W₂·LN(gelu(W₁·h)))), scores = y·Eᵀ + b.
/// </summary>
internal sealed class SpanBoundaryPreTrainingHead : LanguageModelHead
{
    private const double Eps = 1e-12;
    private readonly EmbeddingTable _positions;
    private readonly Projection _first, _second;
    private readonly Norm _firstNorm, _secondNorm;
    private readonly Parameter _bias;

    internal SpanBoundaryPreTrainingHead(LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(HeadKinds.SpanBoundary, recipe, config, words)
    {
        SpanBoundaryRecipe sizes = recipe.SpanBoundary!;
        (int width, Init init) = (config.HiddenSize, Init.Normal(config.InitializerRange));
        _positions = Add(
            "cls.sbo.position_embeddings",
            new EmbeddingTable("position in the span", sizes.MaxTargets, sizes.PositionWidth, config.InitializerRange)
        );
        _first = Add("cls.sbo.linear1", new Projection((2 * width) + sizes.PositionWidth, width, init));
        _firstNorm = Add("cls.sbo.layer_norm1", new Norm(width, Eps));
        _second = Add("cls.sbo.linear2", new Projection(width, width, init));
        _secondNorm = Add("cls.sbo.layer_norm2", new Norm(width, Eps));
        _bias = Declare("cls.sbo.bias", [words.Rows], Init.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LossTerms => ["mlm", "sbo"];

    /// <summary>The longest span whose tokens are all scored.</summary>
    public int MaxTargets => (int)_positions.Rows;

    /// <summary>Vocabulary scores of tokens in masked spans.</summary>
    /// <param name="left">States of the tokens before the span, [n, D].</param>
    /// <param name="right">States of the tokens after it, [n, D].</param>
    /// <param name="offsets">Place in the span, 0 for its first token, int64 [n].</param>
    /// <returns>[n, V].</returns>
    public Tensor ScoreSpan(Tensor left, Tensor right, Tensor offsets)
    {
        Tensor h = cat([left, right, _positions.Forward(offsets)], -1);
        h = _firstNorm.Forward(_first.Forward(h, LayerContext.Rowwise, Activation.GeluErf));
        h = _secondNorm.Forward(_second.Forward(h, LayerContext.Rowwise, Activation.GeluErf));
        return Decode(h, _bias);
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null)
    {
        Tensor hidden = states.LastHiddenState;
        HeadOutput output = new() { Logits = Score(hidden) };
        if (targets?.Pairs is not Tensor pairs) return output;
        (long batch, long tokens, long spans) = (hidden.shape[0], hidden.shape[1], pairs.shape[1]);
        Tensor flat = hidden.reshape(batch * tokens, -1);
        Tensor rows = pairs + (arange(batch, ScalarType.Int64) * tokens).view(batch, 1, 1); // [B, S, 2]
        Tensor Side(int side) => flat.index_select(0, rows.select(2, side).reshape(-1).repeat_interleave(MaxTargets));
        Tensor offsets = arange(MaxTargets, ScalarType.Int64).repeat(batch * spans);
        return output with { PairLogits = ScoreSpan(Side(0), Side(1), offsets).view(batch, spans, MaxTargets, -1) };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [
            Heads.Losses.CrossEntropy("mlm", output.Logits!, targets.Labels),
            Heads.Losses.CrossEntropy(
                "sbo",
                output.PairLogits ?? throw new ArgumentException("the targets have no pairs", nameof(targets)),
                targets.PairTargets
            ),
        ];
}
