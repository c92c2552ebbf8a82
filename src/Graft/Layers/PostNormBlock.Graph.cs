using Graft.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

internal partial class PostNormBlock
{
    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="x">The states.</param>
    /// <param name="bias">Added to the scores, or what <see cref="DrawBias"/> makes that of.</param>
    public Value Draw(GraphContext graph, Value x, Value? bias = null)
    {
        x = AttentionOutput.Draw(graph, _attentionDense.Draw(graph, DrawAttention(graph, x, bias)), x);
        return FeedForwardOutput.Draw(graph, _output.Draw(graph, _intermediate.Draw(graph, x, _activation)), x);
    }

    /// <summary>What is added to the scores, [B or 1, H or 1, T, T]; families whose bias depends on the content make it here.</summary>
    protected virtual Value? DrawBias(GraphContext graph, Value query, Value key, Value? bias) => bias;

    /// <summary>Whether <see cref="DrawBias"/> looks at queries and keys.</summary>
    protected virtual bool BiasReadsContent => false;

    private Value DrawAttention(GraphContext graph, Value x, Value? bias)
    {
        GraphBuilder g = graph.Builder;
        bool joined = g is { IsFused: true, IsHalf: false } && !BiasReadsContent && SelfAttention.Tuning is null && !g.IsQuantized(_query.NameIn(graph)) && _query.Bias is not null;
        if (joined) return SelfAttention.DrawJoined(graph, x, _query, _key, _value, bias);
        Value query = _query.Draw(graph, x), key = _key.Draw(graph, x), value = _value.Draw(graph, x);
        return SelfAttention.Draw(graph, query, key, value, graph.AdditiveMask, DrawBias(graph, query, key, bias));
    }
}
