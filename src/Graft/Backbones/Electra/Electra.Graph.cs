using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Electra;

internal sealed partial class Electra
{
    private protected override Value DrawEmbeddings(GraphContext graph)
    {
        Value embedded = base.DrawEmbeddings(graph);
        return Widen is null ? embedded : Widen.Draw(graph, embedded);
    }
}
