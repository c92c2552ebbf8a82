using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.MpNet;

internal sealed partial class MpNet
{
    private protected override Value? DrawBias(GraphContext graph) => _buckets.Draw(graph, _relative, MaxDistance);
}
