using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch;

/// <summary>A gated feed-forward half's middle (Shazeer 2020): f(a) ∘ g of [a; g], f made again in the backward pass.</summary>
internal sealed class GatedNode : GradientNode
{
    private readonly Tensor _x;
    private readonly Activation _activation;

    private GatedNode(Tensor x, Activation activation)
    {
        _x = Keep(x);
        _activation = activation;
    }

    /// <summary>The function of every row; recorded where x wants a gradient.</summary>
    public static Tensor Run(Tensor x, Activation activation)
    {
        using Tensor values = x.detach();
        using Tensor contiguous = values.contiguous();
        Tensor output = Kernels.Gate(contiguous, activation);
        return IsNeeded(x) ? new GatedNode(contiguous, activation).Record(output, x) : output;
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using Tensor contiguous = gradient.contiguous();
        return [Kernels.GateGradient(contiguous, _x, _activation)];
    }
}
