using Graft.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

public sealed partial class AttentionCore
{
    /// <summary>Attends with flat queries, keys and values: [B, T, D] → [B, T, D].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="query">[B, T, D].</param>
    /// <param name="key">[B, T, D].</param>
    /// <param name="value">[B, T, D].</param>
    /// <param name="mask">Added to all scores: the text's mask, [B, 1, 1, T].</param>
    /// <param name="bias">Added to the scores too, [B or 1, H or 1, T, T]; null for nothing.</param>
    internal Value Draw(GraphContext graph, Value query, Value key, Value value, Value mask, Value? bias = null)
    {
        RequirePlain();
        GraphBuilder g = graph.Builder;
        if (g is { IsFused: true, IsHalf: false })
        {
            return g.ContribOp(
                "MultiHeadAttention", [query, key, value, null, graph.KeyMask, bias],
                ("num_heads", (long)heads), ("scale", (float)scale), ("mask_filter_value", g.Least));
        }

        // [B, H, T, T]
        Value scores = g.Mul(
            g.MatMul(DrawHeads(g, query), g.Transpose(g.Reshape(key, 0, 0, heads, headSize), 0, 2, 3, 1)),
            g.Number(scale)
        );
        if (bias is Value added)
            scores = g.Add(scores, added);
        Value attended = g.MatMul(g.Softmax(g.Add(scores, mask)), DrawHeads(g, value)); // [B, H, T, N]
        return g.Reshape(g.Transpose(attended, 0, 2, 1, 3), 0, 0, Width);
    }

    /// <summary>One operator for the three projections and the attention.</summary>
    internal Value DrawJoined(GraphContext graph, Value x, Projection query, Projection key, Projection value, Value? bias)
    {
        GraphBuilder g = graph.Builder;
        Projection[] parts = [query, key, value];
        foreach (Projection part in parts) g.Note(part.NameIn(graph));
        float[] Weights()
        {
            using DisposeScope scope = NewDisposeScope();
            return GraphContext.ValuesOf(cat([.. parts.Select(part => part.Weight.t())], 1));
        }

        float[] Biases()
        {
            using DisposeScope scope = NewDisposeScope();
            return GraphContext.ValuesOf(cat([.. parts.Select(part => part.Bias!)], 0));
        }

        string name = query.NameIn(graph) + "_key_value";
        Value weight = g.Weight(name + ".weight.T", [query.Inputs, 3 * query.Outputs], Weights),
            biases = g.Weight(name + ".bias", [3 * query.Outputs], Biases);
        return g.ContribOp(
            "Attention", [x, weight, biases, graph.KeyMask, null, bias],
            ("num_heads", (long)heads), ("scale", (float)scale), ("mask_filter_value", g.Least));
    }

    /// <summary>[B, T, D] → [B, H, T, N].</summary>
    internal Value DrawHeads(GraphBuilder g, Value x) => g.Transpose(g.Reshape(x, 0, 0, heads, headSize), 0, 2, 1, 3);

    private void RequirePlain()
    {
        if (Tuning is not null)
            throw new InputException("the model has trained keys before its text (prefix tuning), which have no ONNX form");
    }
}
