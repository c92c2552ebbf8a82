using Graft.Torch.Compute;
using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>dropout(x), or residual + dropout(x), with the masks made again in the backward pass.</summary>
internal sealed unsafe class DropoutNode : GradientNode
{
    private readonly RowDropout _dropout;
    private readonly bool _hasResidual;

    private DropoutNode(RowDropout dropout, bool hasResidual)
    {
        _dropout = dropout;
        _hasResidual = hasResidual;
    }

    /// <summary>The operation; recorded where an input wants a gradient.</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="residual">A tensor of x's shape, or null.</param>
    /// <param name="dropout">The masks.</param>
    public static Tensor Run(Tensor x, Tensor? residual, RowDropout dropout)
    {
        bool recorded = IsNeeded(x, residual);
        using IDisposable noGradient = no_grad();
        Tensor output = Drop(x, residual, dropout);
        if (!recorded) return output;
        DropoutNode node = new(dropout, residual is not null);
        return residual is null ? node.Record(output, x) : node.Record(output, x, residual);
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        Tensor? dx = Needs(0) ? Drop(gradient, null, _dropout) : null;
        return _hasResidual ? [dx, Needs(1) ? Dispatcher.Reference(gradient) : null] : [dx];
    }

    private static Tensor Drop(Tensor x, Tensor? residual, RowDropout dropout)
    {
        using Tensor values = x.contiguous();
        using Tensor? addend = residual?.contiguous();
        Tensor result = empty_like(values);
        int width = (int)x.shape[^1];
        float* from = Dispatcher.Data(values), added = addend is null ? null : Dispatcher.Data(addend), to = Dispatcher.Data(result);
        KernelThreads.For(x.numel() / width, 1 + (4096 / width), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
                DropoutKernels.DropRow(
                    dropout.Mask,
                    dropout.Stream(row),
                    from + (row * width),
                    added is null ? null : added + (row * width),
                    to + (row * width),
                    width
                );
        });
        return result;
    }
}
