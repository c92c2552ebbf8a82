using Graft.Graphs;

namespace Graft.Layers;

/// <summary>What <see cref="Rotary"/> computes, as a graph; made once for each theta.</summary>
internal sealed class GraphRotary
{
    private readonly Value _cos, _sin;
    private readonly int _size;

    /// <param name="graph">The graph; positions count from its first token.</param>
    /// <param name="size">N.</param>
    /// <param name="theta">The base of the frequencies.</param>
    /// <param name="divisor">Every frequency is divided by it.</param>
    public GraphRotary(GraphContext graph, int size, double theta, double divisor = 1)
    {
        _size = size;
        GraphBuilder g = graph.Builder;
        float[] frequencies = [.. Enumerable.Range(0, size / 2).Select(i => 1f / MathF.Pow((float)theta, 2f * i / size) / (float)divisor)];
        Value places = g.Cast(g.Unsqueeze(g.Range(graph.Tokens), 1), Onnx.TensorProto.Types.DataType.Float); // [T, 1]
        Value angles = g.Op("Mul", [places, g.WideNumbers(frequencies)]); // [T, N/2], in 32 bits: positions are large
        (_cos, _sin) = (OfHeads(g, g.Op("Cos", [angles])), OfHeads(g, g.Op("Sin", [angles])));
    }

    /// <summary>Turns queries or keys, [B, T, D] → [B, T, D].</summary>
    public Value Draw(GraphContext graph, Value x)
    {
        GraphBuilder g = graph.Builder;
        Value[] halves = g.Ops("Split", 2, [g.Reshape(x, 0, 0, -1, _size)], ("axis", -1L)); // [B, T, H, N/2] each
        Value first = g.Sub(g.Mul(halves[0], _cos), g.Mul(halves[1], _sin)), second = g.Add(g.Mul(halves[1], _cos), g.Mul(halves[0], _sin));
        return g.Op("Reshape", [g.Op("Concat", [first, second], ("axis", -1L)), g.Op("Shape", [x])]);
    }

    /// <summary>[T, N/2] → [T, 1, N/2].</summary>
    private static Value OfHeads(GraphBuilder g, Value table) => g.Unsqueeze(g.IsHalf ? g.ToFloat(table) : table, 1);
}
