using Graft.Graphs;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

// How the layers that families share draw themselves: the same arithmetic as their Forward, in evaluation, as nodes of a graph.

public sealed partial class Norm
{
    /// <summary>[…, D] → […, D].</summary>
    internal Value Draw(GraphContext graph, Value x) => _rootMeanSquare
        ? graph.Builder.RmsNorm(x, graph.Weight(Weight), Eps)
        : graph.Builder.LayerNorm(x, graph.Weight(Weight), graph.OptionalWeight(Bias), Eps);

    /// <summary>norm(x + residual), both […, D].</summary>
    /// <remarks>
    /// ONNX Runtime's SkipLayerNormalization is no gain: MiniLM takes a fifth more time with it than with the two standard operators.
    /// </remarks>
    internal Value DrawSum(GraphContext graph, Value x, Value residual) => Draw(graph, graph.Builder.Add(x, residual));
}

public sealed partial class Projection
{
    /// <summary>[…, in] → […, out].</summary>
    /// <exception cref="InputException">A tuning strategy's part is in its slot that is no change of weights.</exception>
    internal Value Draw(GraphContext graph, Value x, Activation activation = Activation.None)
    {
        RequirePlain();
        return graph.Builder.Linear(x, Weights(graph), activation);
    }

    /// <summary>The matrix, [in, out], and the bias.</summary>
    internal LinearWeights Weights(GraphContext graph)
    {
        RequirePlain();
        return new LinearWeights(
            NameIn(graph),
            (int)Inputs,
            (int)Outputs,
            ReadWeight,
            Bias is null ? null : () => GraphContext.ValuesOf(Bias)
        );
    }

    /// <summary>The checkpoint's name of the layer.</summary>
    internal string NameIn(GraphContext graph) => graph.NameOf(Weight)[..^".weight".Length];

    private float[] ReadWeight()
    {
        using DisposeScope scope = NewDisposeScope();
        return GraphContext.ValuesOf(_transposed ? Weight : Weight.t());
    }

    private void RequirePlain()
    {
        if (Tuning is not null)
            throw new InputException(
                "the model has an adapter that is no change of weights: it has no ONNX form (LoRA and IA3 have one, merged)"
            );
    }
}

public sealed partial class EmbeddingTable
{
    /// <summary>int64 […] → […, D].</summary>
    internal Value Draw(GraphContext graph, Value ids) =>
        graph.Builder.Rows(NameIn(graph), (int)Rows, (int)Width, () => GraphContext.ValuesOf(Weight), ids);

    /// <summary>The same for a small table, which is never of 8 bits.</summary>
    internal Value DrawWide(GraphContext graph, Value ids) => graph.Builder.Gather(graph.Weight(Weight), ids);

    /// <summary>The checkpoint's name of the layer.</summary>
    internal string NameIn(GraphContext graph) => graph.NameOf(Weight)[..^".weight".Length];
}

public sealed partial class AddNorm
{
    /// <summary>norm(residual + output), both […, D].</summary>
    internal Value Draw(GraphContext graph, Value output, Value residual)
    {
        if (Tuning is not null) throw new InputException("the model has a bottleneck adapter, which has no ONNX form");
        return Norm is null ? graph.Builder.Add(residual, output) : Norm.DrawSum(graph, output, residual);
    }
}
