using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Bert;

internal partial class BertEncoder
{
    internal override bool GraphReadsSegments => Embeddings.ReadsSegments;

    internal override GraphStates Draw(GraphContext graph)
    {
        RequireNoPrompt();
        Value states = DrawEncoder(graph, DrawEmbeddings(graph));
        graph.HiddenStates.Add(states);
        return new GraphStates(states, Pooler?.Draw(graph, graph.First(states)));
    }

    /// <summary>What enters the first layer, [B, T, D].</summary>
    private protected virtual Value DrawEmbeddings(GraphContext graph) => Embeddings.Draw(graph);

    /// <summary>The layers, one after the other: [B, T, D] → [B, T, D].</summary>
    private protected virtual Value DrawEncoder(GraphContext graph, Value states)
    {
        Value? bias = DrawBias(graph);
        foreach (BertLayer layer in Layers)
        {
            graph.HiddenStates.Add(states);
            states = layer.Draw(graph, states, bias);
        }

        return states;
    }

    /// <summary>What every layer adds to its scores, [1, H, T, T]; null for nothing.</summary>
    private protected virtual Value? DrawBias(GraphContext graph) => null;
}
