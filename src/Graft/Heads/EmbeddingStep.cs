using Graft.Graphs;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>What happens to a text's pooled vector: one of sentence-transformers' modules after the pooling.</summary>
internal abstract class EmbeddingStep
{
    /// <summary>[B, width] → [B, width of the step].</summary>
    public abstract Tensor Apply(Tensor vectors);

    /// <summary>The step in a graph; what it holds stays in floating point.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="name">What its weights are called.</param>
    /// <param name="vectors">[B, width].</param>
    /// <returns>[B, width of the step].</returns>
    public abstract Value Draw(GraphBuilder g, string name, Value vectors);
}

/// <summary>Divides by the Euclidean length.</summary>
internal sealed class UnitLength : EmbeddingStep
{
    public override Tensor Apply(Tensor vectors) => nn.functional.normalize(vectors, 2.0, 1L);

    public override Value Draw(GraphBuilder g, string name, Value vectors)
    {
        Value length = g.Op("ReduceL2", [vectors], ("axes", new[] { -1L }), ("keepdims", 1L));
        return g.Div(vectors, g.Op("Max", [length, g.Number(g.IsHalf ? 1e-7 : 1e-12)]));
    }
}

/// <summary>
/// A matrix, a bias and an activation; as loaded, never trained. Values are kept in plain arrays, so that nothing has to be released.
/// </summary>
/// <param name="weight">[width, width before], row by row.</param>
/// <param name="width">The width of the result.</param>
/// <param name="bias">[width]; null for none.</param>
/// <param name="activation">After both.</param>
/// <param name="activationName">As the module's config.json spells it.</param>
internal sealed class DenseStep(float[] weight, int width, float[]? bias, Activation activation, string activationName) : EmbeddingStep
{
    public int Width => width;

    public int WidthBefore => weight.Length / width;

    public float[] Weight => weight;

    public float[]? Bias => bias;

    public string ActivationName => activationName;

    public override Tensor Apply(Tensor vectors)
    {
        using Tensor matrix = tensor(weight, [width, WidthBefore], device: vectors.device).to(vectors.dtype);
        using Tensor? added = bias is null ? null : tensor(bias, device: vectors.device).to(vectors.dtype);
        Tensor values = nn.functional.linear(vectors, matrix, added);
        return activation switch
        {
            Activation.None => values,
            Activation.Tanh => values.tanh(),
            Activation.Relu => values.relu(),
            Activation.Sigmoid => values.sigmoid(),
            Activation.Silu => nn.functional.silu(values),
            Activation.GeluTanh => 0.5 * values * (1 + (Math.Sqrt(2 / Math.PI) * (values + (0.044715 * values.pow(3)))).tanh()),
            _ => nn.functional.gelu(values),
        };
    }

    public override Value Draw(GraphBuilder g, string name, Value vectors)
    {
        Value values = g.MatMul(vectors, g.Weight(name + ".weight.T", [WidthBefore, width], Transposed));
        if (bias is not null) values = g.Add(values, g.Weight(name + ".bias", [width], () => bias));
        return g.Activate(values, activation);
    }

    /// <summary>[width before, width].</summary>
    private float[] Transposed()
    {
        float[] columns = new float[weight.Length];
        for (int i = 0; i < weight.Length; i++) columns[(i % WidthBefore * width) + (i / WidthBefore)] = weight[i];
        return columns;
    }
}

/// <summary>Mean 0 and variance 1 in each vector, then a factor and an addend; as loaded, never trained.</summary>
/// <param name="weight">[width].</param>
/// <param name="bias">[width].</param>
internal sealed class LayerNormStep(float[] weight, float[] bias) : EmbeddingStep
{
    public float[] Weight => weight;

    public float[] Bias => bias;

    public override Tensor Apply(Tensor vectors)
    {
        using Tensor factor = tensor(weight).to(vectors.dtype), addend = tensor(bias).to(vectors.dtype);
        return nn.functional.layer_norm(vectors, [weight.Length], factor, addend, 1e-5);
    }

    public override Value Draw(GraphBuilder g, string name, Value vectors) =>
        g.LayerNorm(
            vectors,
            g.Weight(name + ".weight", [weight.Length], () => weight),
            g.Weight(name + ".bias", [bias.Length], () => bias),
            1e-5
        );
}
