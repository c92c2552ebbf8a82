using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Albert;

internal sealed partial class Albert
{
    private protected override Value DrawEmbeddings(GraphContext graph) => _widen.Draw(graph, base.DrawEmbeddings(graph));

    private protected override Value DrawEncoder(GraphContext graph, Value states)
    {
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            graph.HiddenStates.Add(states);
            int first = GroupOf(layer) * _config.BlocksInGroup;
            for (int inner = 0; inner < _config.BlocksInGroup; inner++) states = Layers[first + inner].Draw(graph, states);
        }

        return states;
    }

    private int GroupOf(int layer) => (int)(layer / ((double)_config.LayerCount / _config.Groups));
}
