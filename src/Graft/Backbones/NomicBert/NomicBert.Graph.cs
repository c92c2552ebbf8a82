using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.NomicBert;

internal sealed partial class NomicBert
{
    internal override bool GraphReadsSegments => _types is { Rows: > 1 };

    internal override GraphStates Draw(GraphContext graph)
    {
        RequireNoPrompt();
        GraphBuilder g = graph.Builder;
        GraphRotary rotary = new(graph, _config.HeadSize, _config.RotaryBase, _config.RotaryDivisor);
        Value states = _words.Draw(graph, graph.InputIds);
        if (_types is not null)
            states = g.Add(states, GraphReadsSegments ? _types.DrawWide(graph, graph.TokenTypeIds!.Value) : graph.Weight(_types.Weight));
        states = _embeddingNorm.Draw(graph, states);
        foreach (NomicBertLayer layer in _layers)
        {
            graph.HiddenStates.Add(states);
            states = layer.Draw(graph, states, rotary);
        }

        graph.HiddenStates.Add(states);
        return new GraphStates(states, _pooler?.Draw(graph, graph.First(states)));
    }
}

internal sealed partial class NomicBertLayer
{
    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Value Draw(GraphContext graph, Value x, GraphRotary rotary)
    {
        GraphBuilder g = graph.Builder;
        Value[] parts = DrawParts(graph, _queryKeyValue, x, 3),
            upGate;
        Value attended = SelfAttention.Draw(
            graph,
            rotary.Draw(graph, parts[0]),
            rotary.Draw(graph, parts[1]),
            parts[2],
            graph.AdditiveMask
        );
        x = AttentionOutput.Draw(graph, _attentionOutput.Draw(graph, attended), x);
        upGate = DrawParts(graph, _upGate, x, 2);
        return FeedForwardOutput.Draw(graph, _down.Draw(graph, g.Mul(g.Activate(upGate[1], _activation), upGate[0])), x);
    }

    private static Value[] DrawParts(GraphContext graph, Projection[] projections, Value x, int count) => projections.Length == 1
        ? graph.Builder.Ops("Split", count, [projections[0].Draw(graph, x)], ("axis", -1L))
        : [.. projections.Select(projection => projection.Draw(graph, x))];
}
