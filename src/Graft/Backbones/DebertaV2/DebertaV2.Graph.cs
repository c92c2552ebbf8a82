using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.DebertaV2;

internal sealed partial class DebertaV2
{
    private protected override Value DrawEmbeddings(GraphContext graph) => graph.Builder.Mul(base.DrawEmbeddings(graph), DrawMask(graph));

    private protected override Value DrawEncoder(GraphContext graph, Value states)
    {
        Value embedded = states;
        Value? distances = _relative is null ? null
            : _relativeNorm is null ? graph.Weight(_relative.Weight)
            : _relativeNorm.Draw(graph, graph.Weight(_relative.Weight)); // [2S, D]
        for (int i = 0; i < Layers.Length; i++)
        {
            graph.HiddenStates.Add(states);
            states = Layers[i].Draw(graph, states, distances);
            if (i == 0 && _convolution is not null) states = _convolution.Draw(graph, embedded, states, DrawMask(graph));
        }

        return states;
    }

    /// <summary>1 for tokens and 0 for padding, [B, T, 1].</summary>
    private static Value DrawMask(GraphContext graph) => graph.Builder.ToFloat(graph.Builder.Unsqueeze(graph.AttentionMask, 2));

    private sealed partial class Convolution
    {
        /// <summary>[B, T, D] → [B, T, D].</summary>
        public Value Draw(GraphContext graph, Value embedded, Value states, Value mask)
        {
            GraphBuilder g = graph.Builder;
            long padding = (_config.ConvolutionWidth - 1) / 2;
            Value beside = g.Op(
                "Conv", [g.Transpose(embedded, 0, 2, 1), graph.Weight(_weight), graph.Weight(_bias)],
                ("pads", new[] { padding, padding }), ("group", (long)_config.ConvolutionGroups), ("kernel_shape", new[] { (long)_config.ConvolutionWidth }));
            beside = g.Mul(g.Transpose(beside, 0, 2, 1), mask);
            return g.Mul(_norm.Draw(graph, g.Add(states, g.Activate(beside, _config.ConvolutionActivation))), mask);
        }
    }
}
