using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.DebertaV2;

internal sealed partial class DebertaV2
{
    private protected override Value DrawDistances(GraphContext graph, Value table) =>
        _relativeNorm is null ? table : _relativeNorm.Draw(graph, table);

    private protected override Value DrawAfterFirstLayer(GraphContext graph, Value embedded, Value states) =>
        _convolution is null ? states : _convolution.Draw(graph, embedded, states, DrawMask(graph));

    private sealed partial class Convolution
    {
        /// <summary>[B, T, D] → [B, T, D].</summary>
        public Value Draw(GraphContext graph, Value embedded, Value states, Value mask)
        {
            GraphBuilder g = graph.Builder;
            long padding = (_config.ConvolutionWidth - 1) / 2;
            Value beside = g.Op(
                "Conv",
                [g.Transpose(embedded, 0, 2, 1), graph.Weight(_weight), graph.Weight(_bias)],
                ("pads", new[] { padding, padding }),
                ("group", (long)_config.ConvolutionGroups),
                ("kernel_shape", new[] { (long)_config.ConvolutionWidth })
            );
            beside = g.Mul(g.Transpose(beside, 0, 2, 1), mask);
            return g.Mul(_norm.Draw(graph, g.Add(states, g.Activate(beside, _config.ConvolutionActivation))), mask);
        }
    }
}
