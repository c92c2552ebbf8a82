using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>One vector a sequence: act(W·x + b) of the first token.</summary>
internal sealed class Pooler : Layer
{
    private readonly Projection _dense;
    private readonly Activation _activation;

    /// <param name="width">D.</param>
    /// <param name="deviation">Of the first draws.</param>
    /// <param name="dense">The matrix's name; empty where the pooler is the matrix itself (ALBERT).</param>
    /// <param name="activation">tanh in most families.</param>
    public Pooler(int width, double deviation, string dense = "dense", Activation activation = Activation.Tanh)
    {
        _dense = Add(dense, new Projection(width, width, Init.Normal(deviation)));
        _activation = activation;
    }

    /// <summary>[B, D] of the first tokens → [B, D].</summary>
    public Tensor Forward(Tensor first, LayerContext context) => _dense.Forward(first, context, _activation);
}
