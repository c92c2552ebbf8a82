using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch;

/// <summary>An elementwise function with a kernel of its own.</summary>
internal sealed class ActivationNode : GradientNode
{
    private readonly Tensor _x;
    private readonly Activation _activation;

    private ActivationNode(Tensor x, Activation activation)
    {
        _x = Keep(x);
        _activation = activation;
    }

    /// <summary>The function of every value; recorded where x wants a gradient.</summary>
    public static Tensor Run(Tensor x, Activation activation)
    {
        using Tensor values = x.detach();
        using Tensor contiguous = values.contiguous();
        Tensor output = Kernels.Map(contiguous, activation);
        return IsNeeded(x) ? new ActivationNode(contiguous, activation).Record(output, x) : output;
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using Tensor contiguous = gradient.contiguous();
        return [Kernels.MapGradient(contiguous, _x, _activation)];
    }
}
