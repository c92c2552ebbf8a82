using Graft.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// T5's relative positions (Raffel et al. 2020, §2.1): half of the buckets are exact distances, the others grow logarithmically up to a
/// largest distance. Two-sided, keys to the right use the upper half; causal, only keys to the left differ.
/// </summary>
/// <param name="buckets">The number of them.</param>
/// <param name="maxDistance">From here on all distances share the last bucket.</param>
/// <param name="causal">Keys to the right are not seen.</param>
internal sealed class RelativeBuckets(int buckets, int maxDistance, bool causal)
{
    /// <summary>The bucket of each pair, int64 [Tq, Tk].</summary>
    /// <param name="queries">Tq.</param>
    /// <param name="keys">Tk; the last query is at the last key.</param>
    public Tensor Of(long queries, long keys)
    {
        using DisposeScope scope = NewDisposeScope();
        // key − query
        Tensor distance = arange(keys, ScalarType.Int64).unsqueeze(0) - arange(keys - queries, keys, ScalarType.Int64).unsqueeze(1);
        int count = causal ? buckets : buckets / 2;
        Tensor result = causal ? zeros_like(distance) : distance.gt(0).to(ScalarType.Int64) * count;
        distance = causal ? distance.neg().clamp(min: 0) : distance.abs();
        int exact = count / 2;

        // In fp32, as the reference computes it: powers of two lie on the buckets' edges.
        Tensor far =
            ((distance.to(ScalarType.Float32) / exact).log() / Math.Log((double)maxDistance / exact) * (count - exact))
                .clamp(min: 0)
                .to(ScalarType.Int64) + exact;
        far = far.clamp(max: count - 1);
        return (result + where(distance.lt(exact), distance, far)).MoveToOuterDisposeScope();
    }

    /// <summary>The same as a graph, [1, H, T, T]: a list of all distances that differ is part of it.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="table">[buckets, H].</param>
    /// <param name="most">The distance from which on nothing changes any more.</param>
    public Value Draw(GraphContext graph, EmbeddingTable table, int most)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] ofDistance = new long[(2 * most) + 1];
        using Tensor pairs = Of(most + 1, most + 1); // [query, key]
        long[] values = pairs.data<long>().ToArray();
        for (int distance = -most; distance <= most; distance++)
            ofDistance[distance + most] = distance >= 0 ? values[distance] : values[-distance * (most + 1)];
        GraphBuilder g = graph.Builder;
        Value index = g.Gather(g.Integers(ofDistance), g.Add(g.Distances(graph.Tokens, most), g.Integers([most], [])));
        return g.Unsqueeze(g.Transpose(g.Gather(graph.Weight(table.Weight), index), 2, 0, 1), 0);
    }

    /// <summary>The bias of each head for each pair, [1, H, Tq, Tk].</summary>
    /// <param name="table">[buckets, H].</param>
    /// <param name="queries">Tq.</param>
    /// <param name="keys">Tk.</param>
    public Tensor Bias(Tensor table, long queries, long keys) =>
        table.index_select(0, Of(queries, keys).view(-1)).view(queries, keys, table.shape[1]).permute(2, 0, 1).unsqueeze(0).contiguous();
}
