using Graft.Graphs;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

// How the layers that families share draw themselves: the same arithmetic as their Forward, in evaluation, as nodes of a graph.

internal sealed partial class Norm
{
    /// <summary>[…, D] → […, D].</summary>
    public Value Draw(GraphContext graph, Value x) => _rootMeanSquare
        ? graph.Builder.RmsNorm(x, graph.Weight(Weight), Eps)
        : graph.Builder.LayerNorm(x, graph.Weight(Weight), graph.OptionalWeight(Bias), Eps);

    /// <summary>norm(x + residual), both […, D].</summary>
    public Value DrawSum(GraphContext graph, Value x, Value residual)
    {
        GraphBuilder g = graph.Builder;
        return g.IsFused && !_rootMeanSquare && Bias is not null
            ? g.ContribOp("SkipLayerNormalization", [x, residual, graph.Weight(Weight), graph.Weight(Bias)], ("epsilon", (float)Eps))
            : Draw(graph, g.Add(x, residual));
    }
}

internal sealed partial class Projection
{
    /// <summary>[…, in] → […, out].</summary>
    /// <exception cref="InputException">A tuning strategy's part is in its slot that is no change of weights.</exception>
    public Value Draw(GraphContext graph, Value x, Activation activation = Activation.None)
    {
        RequirePlain();
        return graph.Builder.Linear(x, Weights(graph), activation);
    }

    /// <summary>The matrix, [in, out], and the bias.</summary>
    public LinearWeights Weights(GraphContext graph)
    {
        RequirePlain();
        return new LinearWeights(NameIn(graph), (int)Inputs, (int)Outputs, ReadWeight, Bias is null ? null : () => GraphContext.ValuesOf(Bias));
    }

    /// <summary>The checkpoint's name of the layer.</summary>
    public string NameIn(GraphContext graph) => graph.NameOf(Weight)[..^".weight".Length];

    private float[] ReadWeight()
    {
        using DisposeScope scope = NewDisposeScope();
        return GraphContext.ValuesOf(_transposed ? Weight : Weight.t());
    }

    private void RequirePlain()
    {
        if (Tuning is not null) throw new InputException("the model has an adapter that is no change of weights: it has no ONNX form (LoRA and IA3 have one, merged)");
    }
}

internal sealed partial class EmbeddingTable
{
    /// <summary>int64 […] → […, D].</summary>
    public Value Draw(GraphContext graph, Value ids) => graph.Builder.Rows(NameIn(graph), (int)Rows, (int)Width, () => GraphContext.ValuesOf(Weight), ids);

    /// <summary>The checkpoint's name of the layer.</summary>
    public string NameIn(GraphContext graph) => graph.NameOf(Weight)[..^".weight".Length];
}

internal sealed partial class AddNorm
{
    /// <summary>norm(residual + output), both […, D].</summary>
    public Value Draw(GraphContext graph, Value output, Value residual)
    {
        if (Tuning is not null) throw new InputException("the model has a bottleneck adapter, which has no ONNX form");
        return Norm is null ? graph.Builder.Add(residual, output) : Norm.DrawSum(graph, output, residual);
    }
}

internal sealed partial class Pooler
{
    /// <summary>[B, D] of the first tokens → [B, D].</summary>
    public Value Draw(GraphContext graph, Value first) => dense.Draw(graph, first, Activation.Tanh);
}

internal sealed partial class TextEmbeddings
{
    /// <summary>Whether the graph's input has segments: one kind of segment is no input.</summary>
    public bool ReadsSegments => _types is { Rows: > 1 };

    /// <summary>LN(word + position + segment), [B, T, D].</summary>
    public Value Draw(GraphContext graph)
    {
        GraphBuilder g = graph.Builder;
        bool fuses = g is { IsFused: true, IsHalf: false } && _positions is not null && _norm.Bias is not null && (_types is null || ReadsSegments)
            && !g.IsQuantized(Words.NameIn(graph));
        if (fuses) return DrawFused(graph, _positions!);
        Value sum = Words.Draw(graph, graph.InputIds);
        if (_types is not null) sum = g.Add(sum, ReadsSegments ? _types.Draw(graph, graph.TokenTypeIds!.Value) : graph.Weight(_types.Weight)); // [1, D] for one kind
        if (_positions is not null) sum = g.Add(sum, DrawPositions(graph, _positions));
        return _norm.Draw(graph, sum);
    }

    private Value DrawPositions(GraphContext graph, EmbeddingTable table) => _shape.PositionsFromPadding
        ? table.Draw(graph, graph.PositionsFromPadding(_shape.PadTokenId!.Value))
        : graph.Builder.Slice(graph.Weight(table.Weight), graph.Builder.Integers(0), graph.Tokens, 0); // [T, D]

    /// <summary>One operator for all of it; it counts positions itself where they start at zero.</summary>
    private Value DrawFused(GraphContext graph, EmbeddingTable positions)
    {
        GraphBuilder g = graph.Builder;
        Value? places = _shape.PositionsFromPadding ? g.Cast(graph.PositionsFromPadding(_shape.PadTokenId!.Value), Onnx.TensorProto.Types.DataType.Int32) : null;
        Value? segments = _types is null ? null : g.Cast(graph.TokenTypeIds!.Value, Onnx.TensorProto.Types.DataType.Int32);
        Value ids = g.Cast(graph.InputIds, Onnx.TensorProto.Types.DataType.Int32);
        return g.ContribOps(
            "EmbedLayerNormalization", 2,
            [ids, segments, graph.Weight(Words.Weight), graph.Weight(positions.Weight), graph.OptionalWeight(_types?.Weight), graph.Weight(_norm.Weight), graph.Weight(_norm.Bias!), null, places],
            ("epsilon", (float)_norm.Eps))[0];
    }
}
