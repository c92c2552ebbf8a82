using Graft.Backbones.Deberta;
using Graft.Graphs;
using Graft.Layers;
using static TorchSharp.torch;

namespace Graft.Backbones.DebertaV2;

internal sealed partial class DisentangledAttention
{
    private protected override bool BiasReadsContent => _config.ContentToPosition || _config.PositionToContent;

    private protected override Graphs.Value? DrawBias(GraphContext graph, Graphs.Value query, Graphs.Value key, Graphs.Value? distances)
    {
        if (distances is not Graphs.Value vectors || !BiasReadsContent) return null;
        GraphBuilder g = graph.Builder;
        Graphs.Value? bias = null;
        if (_config.ContentToPosition)
            bias = RelativeScores.Draw(
                graph,
                Core,
                query,
                (_positionKey ?? Key).Draw(graph, vectors),
                _scale,
                DrawIndex(graph, bucket => bucket + _config.Span)
            );
        if (!_config.PositionToContent)
            return bias;
        Graphs.Value picked = RelativeScores.Draw(
            graph,
            Core,
            key,
            (_positionQuery ?? Query).Draw(graph, vectors),
            _scale,
            DrawIndex(graph, bucket => _config.Span - bucket)
        );
        Graphs.Value products = g.Transpose(picked, 0, 1, 3, 2);
        return bias is Graphs.Value first ? g.Add(first, products) : products;
    }

    /// <summary>
    /// The row of the table for each pair, int64 [T, T]: a function of the distance alone, so a list of all distances that differ is part
    /// of the graph.
    /// </summary>
    private Graphs.Value DrawIndex(GraphContext graph, Func<long, long> row)
    {
        int most = Math.Max(_config.MaxDistance, 2 * _config.Span); // beyond it nothing changes any more
        using Tensor buckets = LogBuckets.Of(most + 1, _config.Buckets, _config.MaxDistance); // of query − key
        long[] values = buckets.data<long>().ToArray(), rows = new long[(2 * most) + 1];
        for (int distance = -most; distance <= most; distance++) // of key − query
        {
            long bucket = distance <= 0 ? values[-distance * (most + 1)] : values[distance];
            rows[distance + most] = Math.Clamp(row(bucket), 0, (2 * _config.Span) - 1);
        }

        GraphBuilder g = graph.Builder;
        return g.Gather(g.Integers(rows), g.Add(g.Distances(graph.Tokens, most), g.Integers([most], [])));
    }
}
