using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.DebertaV2;

/// <summary>
/// A post-norm block whose scores are (q·kᵀ + q·k_rᵀ + k·q_rᵀ) / √(N·terms) (§3.1, equation 4): k_r and q_r are projections of the vectors
/// that stand for distances. Legend: B batch, T tokens, H heads, N size per head, S buckets on each side.
/// </summary>
internal sealed class DisentangledBlock : PostNormBlock
{
    private static readonly BlockNames s_names = BlockNames.Bert with
    {
        Query = "attention.self.query_proj",
        Key = "attention.self.key_proj",
        Value = "attention.self.value_proj",
    };

    private readonly DebertaV2Config _config;
    private readonly Projection? _positionKey;
    private readonly Projection? _positionQuery;
    private readonly double _scale;
    private readonly int _site;

    public DisentangledBlock(DebertaV2Config config, int index)
        : base(s_names, Shape(config), index, Scale(config))
    {
        _config = config;
        _scale = Scale(config);
        _site = DropoutSites.Layer(index) + 3;
        Init init = Init.Normal(config.InitializerRange);
        if (config.SharesMatrices) return;
        if (config.ContentToPosition) _positionKey = Add("attention.self.pos_key_proj", new Projection(config.HiddenSize, config.HiddenSize, init));
        if (config.PositionToContent) _positionQuery = Add("attention.self.pos_query_proj", new Projection(config.HiddenSize, config.HiddenSize, init));
    }

    /// <summary>Positions look at keys, bias and all.</summary>
    protected override bool KeyBiasMatters => _config.PositionToContent || base.KeyBiasMatters;

    protected override Tensor? Bias(Tensor query, Tensor key, LayerContext context, Tensor? distances)
    {
        if (distances is null || (!_config.ContentToPosition && !_config.PositionToContent)) return null;
        distances = Dropped(distances, context);
        long tokens = query.shape[1];
        Tensor buckets = LogBuckets.Of(tokens, _config.Buckets, _config.MaxDistance); // [T, T]
        Tensor? bias = null;
        if (_config.ContentToPosition)
        {
            Tensor positionKey = _positionKey?.ForwardBeforeSoftmax(distances, context) ?? Key.Forward(distances, context);
            bias = Pick(query, positionKey, (buckets + _config.Span).clamp(0, (2 * _config.Span) - 1));
        }

        if (_config.PositionToContent)
        {
            Tensor positionQuery = (_positionQuery ?? Query).Forward(distances, context);
            Tensor products = Pick(key, positionQuery, (_config.Span - buckets).clamp(0, (2 * _config.Span) - 1)).transpose(-1, -2);
            bias = bias is null ? products : bias + products;
        }

        int extra = SelfAttention.ExtraKeys;
        return extra == 0 ? bias : cat([zeros([.. bias!.shape[..3], extra]), bias], -1);
    }

    /// <summary>The table has no rows of the batch to drop by: it is dropped as a sequence of its own.</summary>
    private Tensor Dropped(Tensor distances, LayerContext context)
    {
        if (context.Dropout is null) return distances;
        DropoutPlan plan = DropoutPlan.Packed(context.Dropout.Seed, [0], [(int)distances.shape[0]]);
        return Ops.Dropout(distances, _config.HiddenDropout, plan.Site(_site));
    }

    /// <summary>Scaled products of content with every distance, and of those each pair's own: [B, H, T, T].</summary>
    /// <param name="content">[B, T, D].</param>
    /// <param name="positions">[2S, D].</param>
    /// <param name="index">[T, T], which of 2S.</param>
    private Tensor Pick(Tensor content, Tensor positions, Tensor index)
    {
        Tensor heads = SelfAttention.SplitHeads(content); // [B, H, T, N]
        (long batch, long count, long tokens, long size) = (heads.shape[0], heads.shape[1], heads.shape[2], heads.shape[3]);
        Tensor rows = positions.view(-1, count, size).permute(1, 2, 0); // [H, N, 2S]
        Tensor products = bmm(heads.transpose(0, 1).reshape(count, batch * tokens, size) * _scale, rows) // [H, B·T, 2S]
            .view(count, batch, tokens, -1).transpose(0, 1);
        return products.gather(-1, index.view(1, 1, tokens, tokens).expand(batch, count, tokens, tokens));
    }

    protected override bool BiasReadsContent => _config.ContentToPosition || _config.PositionToContent;

    protected override Value? DrawBias(GraphContext graph, Value query, Value key, Value? distances)
    {
        if (distances is not Value vectors || !BiasReadsContent) return null;
        GraphBuilder g = graph.Builder;
        Value? bias = null;
        if (_config.ContentToPosition) bias = DrawPick(graph, query, (_positionKey ?? Key).Draw(graph, vectors), DrawIndex(graph, bucket => bucket + _config.Span));
        if (!_config.PositionToContent) return bias;
        Value picked = DrawPick(graph, key, (_positionQuery ?? Query).Draw(graph, vectors), DrawIndex(graph, bucket => _config.Span - bucket));
        Value products = g.Transpose(picked, 0, 1, 3, 2);
        return bias is Value first ? g.Add(first, products) : products;
    }

    /// <summary>The row of the table for each pair, int64 [T, T]: a function of the distance alone, so a list of all distances that differ is part of the graph.</summary>
    private Value DrawIndex(GraphContext graph, Func<long, long> row)
    {
        int most = Math.Max(_config.MaxDistance, 2 * _config.Span); // beyond it nothing changes any more
        using DisposeScope scope = NewDisposeScope();
        using Tensor buckets = LogBuckets.Of(most + 1, _config.Buckets, _config.MaxDistance); // query − key
        long[] rows = new long[(2 * most) + 1]; // by key − query
        for (int distance = -most; distance <= most; distance++)
        {
            long bucket = distance <= 0 ? buckets[-distance, 0].item<long>() : buckets[0, distance].item<long>();
            rows[distance + most] = Math.Clamp(row(bucket), 0, (2 * _config.Span) - 1);
        }

        GraphBuilder g = graph.Builder;
        return g.Gather(g.Integers(rows), g.Add(g.Distances(graph.Tokens, most), g.Integers([most], [])));
    }

    /// <summary>content · positionsᵀ of each head, and of each pair the entry that the index names: [B, H, T, T].</summary>
    private Value DrawPick(GraphContext graph, Value content, Value positions, Value index)
    {
        GraphBuilder g = graph.Builder;
        int heads = SelfAttention.Heads, size = SelfAttention.Width / heads;
        Value rows = g.Transpose(g.Reshape(positions, -1, heads, size), 1, 2, 0); // [H, N, 2S]
        Value products = g.MatMul(g.Mul(SelfAttention.DrawHeads(g, content), g.Number(_scale)), rows); // [B, H, T, 2S]
        Value shape = g.Op("Concat", [g.SizeOf(content, 0), g.Integers(heads), graph.Tokens, graph.Tokens], ("axis", 0L));
        return g.Op("GatherElements", [products, g.Op("Expand", [index, shape])], ("axis", -1L));
    }

    private static double Scale(DebertaV2Config config)
    {
        int terms = 1 + (config.ContentToPosition ? 1 : 0) + (config.PositionToContent ? 1 : 0);
        return 1 / Math.Sqrt((double)config.HiddenSize / config.HeadCount * terms);
    }

    private static BlockShape Shape(DebertaV2Config config) => new(
        config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
        config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
}
