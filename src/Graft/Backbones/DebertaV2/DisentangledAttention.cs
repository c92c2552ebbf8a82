using Graft.Backbones.Bert;
using Graft.Backbones.Deberta;
using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.DebertaV2;

/// <summary>
/// BERT's attention with scores (q·kᵀ + q·k_rᵀ + k·q_rᵀ) / √(N·terms) (§3.1, equation 4): k_r and q_r are projections of the vectors
/// that stand for distances. Legend: B batch, T tokens, H heads, N size per head, S buckets on each side.
/// </summary>
internal sealed partial class DisentangledAttention : BertAttention
{
    private static readonly BertLayerNames s_names = BertLayerNames.Published with
    {
        Query = "self.query_proj",
        Key = "self.key_proj",
        Value = "self.value_proj",
    };

    private readonly DebertaV2Config _config;
    private readonly Projection? _positionKey;
    private readonly Projection? _positionQuery;
    private readonly double _scale;
    private readonly int _site;

    public DisentangledAttention(DebertaV2Config config, int index)
        : base(config, s_names, index, Scale(config))
    {
        _config = config;
        _scale = Scale(config);
        _site = DropoutSites.Layer(index) + 3;
        Init init = Init.Normal(config.InitializerRange);
        if (config.SharesMatrices)
            return;
        if (config.ContentToPosition)
            _positionKey = Add("self.pos_key_proj", new Projection(config.HiddenSize, config.HiddenSize, init));
        if (config.PositionToContent)
            _positionQuery = Add("self.pos_query_proj", new Projection(config.HiddenSize, config.HiddenSize, init));
    }

    /// <summary>Positions look at keys, bias and all.</summary>
    private protected override bool KeyBiasMatters => _config.PositionToContent || base.KeyBiasMatters;

    private protected override Tensor? Bias(Tensor query, Tensor key, LayerContext context, Tensor? distances)
    {
        if (distances is null || (!_config.ContentToPosition && !_config.PositionToContent)) return null;
        distances = RelativeScores.Dropped(distances, _config.HiddenDropout, _site, context);
        long tokens = query.shape[1];
        Tensor buckets = LogBuckets.Of(tokens, _config.Buckets, _config.MaxDistance); // [T, T]
        Tensor? bias = null;
        if (_config.ContentToPosition)
        {
            Tensor positionKey = _positionKey?.ForwardBeforeSoftmax(distances, context) ?? Key.Forward(distances, context);
            bias = RelativeScores.Of(Core, query, positionKey, _scale, (buckets + _config.Span).clamp(0, (2 * _config.Span) - 1));
        }

        if (_config.PositionToContent)
        {
            Tensor positionQuery = (_positionQuery ?? Query).Forward(distances, context);
            Tensor products = RelativeScores
                .Of(Core, key, positionQuery, _scale, (_config.Span - buckets).clamp(0, (2 * _config.Span) - 1))
                .transpose(-1, -2);
            bias = bias is null ? products : bias + products;
        }

        int extra = Core.ExtraKeys;
        return extra == 0 ? bias : cat([zeros([.. bias!.shape[..3], extra]), bias], -1);
    }

    private static double Scale(DebertaV2Config config)
    {
        int terms = 1 + (config.ContentToPosition ? 1 : 0) + (config.PositionToContent ? 1 : 0);
        return 1 / Math.Sqrt((double)config.HiddenSize / config.HeadCount * terms);
    }
}
