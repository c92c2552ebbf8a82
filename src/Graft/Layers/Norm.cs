using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>Layer normalization with what a family leaves out left out: T5 takes no mean and no bias, ModernBERT no bias.</summary>
internal sealed partial class Norm : Layer
{
    private readonly bool _rootMeanSquare;

    /// <param name="width">D.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="rootMeanSquare">Divide by the root of the mean square only.</param>
    public Norm(long width, double eps, bool bias = true, bool rootMeanSquare = false)
    {
        _rootMeanSquare = rootMeanSquare;
        Eps = eps;
        Weight = Declare("weight", [width], Init.Ones);
        Bias = bias && !rootMeanSquare ? Declare("bias", [width], Init.Zeros) : null;
    }

    public Parameter Weight { get; }

    public Parameter? Bias { get; }

    public double Eps { get; }

    /// <summary>A norm of the same shape; its values are undefined.</summary>
    public Norm Copy() => new(Weight.shape[0], Eps, Bias is not null, _rootMeanSquare);

    /// <summary>Takes over another's values.</summary>
    public void CopyFrom(Norm other)
    {
        using IDisposable noGradient = no_grad();
        Weight.copy_(other.Weight);
        if (Bias is not null) Bias.copy_(other.Bias!);
    }

    public Tensor Forward(Tensor x) => _rootMeanSquare ? Ops.RmsNorm(x, Weight, Eps) : Ops.LayerNorm(x, Weight, Bias, Eps);
}
