using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Bert;

internal sealed partial class BertLayer
{
    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="x">The states.</param>
    /// <param name="bias">Added to the scores, or what a family's attention makes that of.</param>
    public Value Draw(GraphContext graph, Value x, Value? bias = null)
    {
        x = AttentionOutput.Draw(graph, _attention.Draw(graph, x, bias), x);
        return FeedForwardOutput.Draw(graph, _output.Draw(graph, _intermediate.Draw(graph, x, _activation)), x);
    }
}
