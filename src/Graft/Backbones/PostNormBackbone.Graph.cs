using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones;

internal abstract partial class PostNormBackbone
{
    internal override bool GraphReadsSegments => Embeddings.ReadsSegments;

    internal override GraphStates Draw(GraphContext graph)
    {
        RequireNoPrompt();
        Value states = DrawEncoder(graph, DrawEmbeddings(graph));
        graph.HiddenStates.Add(states);
        return new GraphStates(states, Pooler?.Draw(graph, graph.First(states)));
    }

    /// <summary>What enters the first block, [B, T, D].</summary>
    protected virtual Value DrawEmbeddings(GraphContext graph) => Embeddings.Draw(graph);

    /// <summary>The blocks, one after the other.</summary>
    protected virtual Value DrawEncoder(GraphContext graph, Value states)
    {
        Value? bias = DrawBias(graph);
        foreach (PostNormBlock block in Blocks.Cast<PostNormBlock>())
        {
            graph.HiddenStates.Add(states);
            states = block.Draw(graph, states, bias);
        }

        return states;
    }

    /// <summary>What every block adds to its scores, [1, H, T, T]; null for nothing.</summary>
    protected virtual Value? DrawBias(GraphContext graph) => null;
}
