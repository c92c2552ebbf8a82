using Graft.Backbones.Bert;
using Graft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Backbones.Deberta;

/// <summary>
/// DeBERTa's attention (He et al. 2021, §3.1, equation 4): scores (q·kᵀ + q·k_rᵀ + k·q_rᵀ) / √(N·(1 + kinds)), with k_r and q_r projections
/// of the vectors of distances. One matrix without bias makes queries, keys and values, head by head; only queries and values have biases.
/// Legend: B batch, T tokens, H heads, N size per head, D = H·N, S distances on each side.
/// </summary>
internal sealed partial class DebertaAttention : EncoderAttention
{
    private readonly DebertaConfig _config;
    private readonly Projection _input;
    private readonly Parameter _queryBias;
    private readonly Parameter _valueBias;
    private readonly Projection? _positionKey;
    private readonly Projection? _positionQuery;
    private readonly Projection _output;
    private readonly double _scale;
    private readonly int _site;

    public DebertaAttention(DebertaConfig config, int index)
    {
        (int width, int size) = (config.HiddenSize, config.HiddenSize / config.HeadCount);
        Init init = Init.Normal(config.InitializerRange);
        (_config, _site) = (config, DropoutSites.Layer(index) + 3);
        _scale = 1 / Math.Sqrt((double)size * (1 + config.AttentionTypes.Count));
        _input = Add("self.in_proj", new Projection(width, 3 * width, init, bias: false));
        _queryBias = Declare("self.q_bias", [width], Init.Zeros);
        _valueBias = Declare("self.v_bias", [width], Init.Zeros);
        if (config.ContentToPosition) _positionKey = Add("self.pos_proj", new Projection(width, width, init, bias: false));
        if (config.PositionToContent) _positionQuery = Add("self.pos_q_proj", new Projection(width, width, init));
        _output = Add("output.dense", new Projection(width, width, init));
        Core = new AttentionCore(config.HeadCount, size, _scale, config.AttentionDropout, DropoutSites.Layer(index));
    }

    public override AttentionCore Core { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="x">The states.</param>
    /// <param name="context">Layout, dropout, slots.</param>
    /// <param name="bias">The table of distances, [2·largest, D]; null without relative positions.</param>
    public override Tensor Forward(Tensor x, LayerContext context, Tensor? bias = null)
    {
        (long batch, long tokens, long width) = (x.shape[0], x.shape[1], x.shape[2]);
        // [B, T, H, N] of each head's [q; k; v]
        Tensor[] parts = _input.Forward(x, context).view(batch, tokens, Core.Heads, -1).chunk(3, -1);
        Tensor query = parts[0].reshape(batch, tokens, width) + _queryBias, key = parts[1].reshape(batch, tokens, width);
        Tensor value = parts[2].reshape(batch, tokens, width) + _valueBias;
        return _output.Forward(Core.Forward(query, key, value, context, Scores(query, key, context, bias)), context);
    }

    /// <summary>The two products with distances, [B, H, T, T]: every distance of the text has a row, up to the table's ends.</summary>
    private Tensor? Scores(Tensor query, Tensor key, LayerContext context, Tensor? table)
    {
        if (table is null || (_positionKey is null && _positionQuery is null)) return null;
        long tokens = query.shape[1], span = Math.Min(tokens, _config.MaxDistance);
        // [2S, D]
        Tensor distances = RelativeScores
            .Dropped(table, _config.HiddenDropout, _site, context)
            .slice(0, _config.MaxDistance - span, _config.MaxDistance + span, 1);
        Tensor places = arange(tokens, ScalarType.Int64);
        Tensor index = (places.unsqueeze(1) - places.unsqueeze(0) + span).clamp(0, (2 * span) - 1); // query − key: [T, T]
        Tensor? scores = _positionKey is null
            ? null
            : RelativeScores.Of(Core, query, _positionKey.ForwardBeforeSoftmax(distances, context), _scale, index);
        if (_positionQuery is not null)
        {
            Tensor back = (places.unsqueeze(0) - places.unsqueeze(1) + span).clamp(0, (2 * span) - 1); // the same, from the key's side
            Tensor products = RelativeScores.Of(Core, key, _positionQuery.Forward(distances, context), _scale, back).transpose(-1, -2);
            scores = scores is null ? products : scores + products;
        }

        int extra = Core.ExtraKeys;
        return extra == 0 ? scores : cat([zeros([.. scores!.shape[..3], extra]), scores], -1);
    }
}
