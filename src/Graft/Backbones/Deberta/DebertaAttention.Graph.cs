using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Deberta;

internal sealed partial class DebertaAttention
{
    public override Value Draw(GraphContext graph, Value x, Value? bias = null)
    {
        GraphBuilder g = graph.Builder;
        int size = Core.Width / Core.Heads;
        // [B, T, H, N] each.
        Value[] parts = g.Ops("Split", 3, [g.Reshape(_input.Draw(graph, x), 0, 0, Core.Heads, 3 * size)], ("axis", -1L));
        Value query = g.Add(g.Reshape(parts[0], 0, 0, Core.Width), graph.Weight(_queryBias)), key = g.Reshape(parts[1], 0, 0, Core.Width);
        Value value = g.Add(g.Reshape(parts[2], 0, 0, Core.Width), graph.Weight(_valueBias));
        return _output.Draw(graph, Core.Draw(graph, query, key, value, graph.AdditiveMask, DrawScores(graph, query, key, bias)));
    }

    private Value? DrawScores(GraphContext graph, Value query, Value key, Value? table)
    {
        if (table is not Value distances || (_positionKey is null && _positionQuery is null)) return null;
        GraphBuilder g = graph.Builder;
        Value? scores = _positionKey is null
            ? null
            : RelativeScores.Draw(graph, Core, query, _positionKey.Draw(graph, distances), _scale, DrawIndex(graph, distance => -distance));
        if (_positionQuery is null) return scores;
        Value products = g.Transpose(
            RelativeScores.Draw(graph, Core, key, _positionQuery.Draw(graph, distances), _scale, DrawIndex(graph, distance => distance)),
            0,
            1,
            3,
            2
        );
        return scores is Value first ? g.Add(first, products) : products;
    }

    /// <summary>
    /// The row of the whole table for each pair, int64 [T, T]. In the forward pass a table of the text's own span is cut out; no distance
    /// of the text reaches beyond it, so that the rows are the same.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="signed">What is counted, of (column − row).</param>
    private Value DrawIndex(GraphContext graph, Func<long, long> signed)
    {
        int most = _config.MaxDistance;
        long[] rows =
        [
            .. Enumerable.Range(-most, (2 * most) + 1).Select(distance => Math.Clamp(signed(distance) + most, 0, (2 * most) - 1)),
        ];
        GraphBuilder g = graph.Builder;
        return g.Gather(g.Integers(rows), g.Add(g.Distances(graph.Tokens, most), g.Integers([most], [])));
    }
}
