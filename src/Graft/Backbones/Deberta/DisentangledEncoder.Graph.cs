using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Deberta;

internal abstract partial class DisentangledEncoder
{
    private protected override Value DrawEmbeddings(GraphContext graph) => graph.Builder.Mul(base.DrawEmbeddings(graph), DrawMask(graph));

    private protected override Value DrawEncoder(GraphContext graph, Value states)
    {
        Value embedded = states;
        Value? distances = _relative is null ? null : DrawDistances(graph, graph.Weight(_relative.Weight)); // [2S, D]
        for (int i = 0; i < Layers.Length; i++)
        {
            graph.HiddenStates.Add(states);
            states = Layers[i].Draw(graph, states, distances);
            if (i == 0) states = DrawAfterFirstLayer(graph, embedded, states);
        }

        return states;
    }

    /// <summary>1 for tokens and 0 for padding, [B, T, 1].</summary>
    private protected static Value DrawMask(GraphContext graph) => graph.Builder.ToFloat(graph.Builder.Unsqueeze(graph.AttentionMask, 2));

    /// <summary>A vector for each distance or bucket of distance, [2·span, D].</summary>
    private protected virtual Value DrawDistances(GraphContext graph, Value table) => table;

    /// <summary>What the first layer gives, and perhaps something beside it.</summary>
    private protected virtual Value DrawAfterFirstLayer(GraphContext graph, Value embedded, Value states) => states;
}
