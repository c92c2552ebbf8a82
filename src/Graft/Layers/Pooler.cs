using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>One vector a sequence: tanh(W·x + b) of the first token.</summary>
/// <param name="dense">The matrix, registered by the backbone under its family's name.</param>
internal sealed partial class Pooler(Projection dense)
{
    /// <summary>[B, D] of the first tokens → [B, D].</summary>
    public Tensor Forward(Tensor first, LayerContext context) => dense.Forward(first, context, Activation.Tanh);
}
