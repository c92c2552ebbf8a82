using Graft.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>An elementwise function f with a kernel of its own: f(x), or f(a) ∘ g of rows x = [a; g]. Backwards f is made again.</summary>
internal sealed class ActivationNode : GradientNode
{
    private readonly Tensor _x;
    private readonly Activation _activation;
    private readonly bool _gated;

    private ActivationNode(Tensor x, Activation activation, bool gated)
    {
        _x = Keep(x);
        (_activation, _gated) = (activation, gated);
    }

    /// <summary>The function; recorded where x wants a gradient.</summary>
    /// <param name="x">Any shape; gated: […, 2I].</param>
    /// <param name="activation">f.</param>
    /// <param name="gated">The second half of each row is multiplied by f of the first.</param>
    public static Tensor Run(Tensor x, Activation activation, bool gated = false)
    {
        using Tensor values = x.detach();
        using Tensor contiguous = values.contiguous();
        Tensor output = gated ? GatedKernels.Gate(contiguous, activation) : ElementwiseKernels.Map(contiguous, activation);
        return IsNeeded(x) ? new ActivationNode(contiguous, activation, gated).Record(output, x) : output;
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using Tensor contiguous = gradient.contiguous();
        return
        [
            _gated ? GatedKernels.GateGradient(contiguous, _x, _activation) : ElementwiseKernels.MapGradient(contiguous, _x, _activation),
        ];
    }
}
