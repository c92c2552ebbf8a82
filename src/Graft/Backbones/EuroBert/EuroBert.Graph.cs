using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.EuroBert;

internal sealed partial class EuroBert
{
    internal override GraphStates Draw(GraphContext graph)
    {
        RequireNoPrompt();
        GraphRotary rotary = new(graph, _config.HeadSize, _config.RotaryBase);
        Value states = _words.Draw(graph, graph.InputIds);
        foreach (EuroBertLayer layer in _layers)
        {
            graph.HiddenStates.Add(states);
            states = layer.Draw(graph, states, rotary);
        }

        states = _finalNorm.Draw(graph, states);
        graph.HiddenStates.Add(states);
        return new GraphStates(states);
    }
}

internal sealed partial class EuroBertLayer
{
    /// <summary>[B, T, D] → [B, T, D].</summary>
    public Value Draw(GraphContext graph, Value x, GraphRotary rotary)
    {
        GraphBuilder g = graph.Builder;
        Value normed = _attentionNorm.Draw(graph, x);
        Value query = rotary.Draw(graph, _query.Draw(graph, normed));
        Value key = DrawForEveryHead(graph, rotary.Draw(graph, _key.Draw(graph, normed))),
            value = DrawForEveryHead(graph, _value.Draw(graph, normed));
        x = AttentionOutput.Draw(graph, _attentionOutput.Draw(graph, SelfAttention.Draw(graph, query, key, value, graph.AdditiveMask)), x);
        normed = _feedForwardNorm.Draw(graph, x);
        Value gated = g.Mul(g.Activate(_gate.Draw(graph, normed), _activation), _up.Draw(graph, normed));
        return FeedForwardOutput.Draw(graph, _down.Draw(graph, gated), x);
    }

    /// <summary>[B, T, G·N] → [B, T, H·N]: each group's columns once for every head that uses it.</summary>
    private Value DrawForEveryHead(GraphContext graph, Value x)
    {
        int heads = SelfAttention.Heads,
            size = SelfAttention.Width / heads,
            each = heads / _groups;
        if (each == 1)
            return x;
        long[] columns =
        [
            .. Enumerable.Range(0, heads).SelectMany(head => Enumerable.Range(head / each * size, size)).Select(column => (long)column),
        ];
        return graph.Builder.Gather(x, graph.Builder.Integers(columns), axis: 2);
    }
}
