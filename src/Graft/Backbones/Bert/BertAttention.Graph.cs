using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Bert;

internal partial class BertAttention
{
    /// <summary>W·[softmax(Q·Kᵀ/√N)·V of every head] + b: [B, T, D] → [B, T, D].</summary>
    public override Graphs.Value Draw(GraphContext graph, Graphs.Value x, Graphs.Value? bias = null) =>
        _output.Draw(graph, DrawAttended(graph, x, bias));

    /// <summary>What is added to the scores, [B or 1, H or 1, T, T]; families whose bias depends on the content make it here.</summary>
    private protected virtual Value? DrawBias(GraphContext graph, Graphs.Value query, Value key, Value? bias) => bias;

    /// <summary>Whether <see cref="DrawBias"/> looks at queries and keys.</summary>
    private protected virtual bool BiasReadsContent => false;

    private Graphs.Value DrawAttended(GraphContext graph, Graphs.Value x, Graphs.Value? bias)
    {
        GraphBuilder g = graph.Builder;
        bool joined =
            g is { IsFused: true, IsHalf: false } && !BiasReadsContent && Query.Bias is not null && !g.IsQuantized(Query.NameIn(graph));
        if (joined)
            return Core.DrawJoined(graph, x, Query, Key, Value, bias);
        Graphs.Value query = Query.Draw(graph, x),
            key = Key.Draw(graph, x),
            value = Value.Draw(graph, x);
        return Core.Draw(graph, query, key, value, graph.AdditiveMask, DrawBias(graph, query, key, bias));
    }
}
