using Graft.Torch.Autograd;
using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Operations;

internal static partial class Ops
{
    /// <summary>(x − mean) / √(variance + eps) · weight + bias over the last dimension.</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D] or null.</param>
    /// <param name="eps">Added to the variance.</param>
    public static Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double eps)
    {
        RequireWidth(x, weight.size(0), "layer norm");
        return OwnKernels.Apply(x, weight, bias)
            ? NormNode.Run(x, null, weight, bias, eps, null, centered: true)
            : functional.layer_norm(x, [weight.shape[0]], weight, bias, eps);
    }

    /// <summary>x / √(mean(x²) + eps) · weight over the last dimension (T5: no mean, no bias).</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="eps">Added to the mean square.</param>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps)
    {
        RequireWidth(x, weight.size(0), "RMS norm");
        if (OwnKernels.Apply(x, weight)) return NormNode.Run(x, null, weight, null, eps, null, centered: false);
        Tensor inverse = x.square().mean([-1], keepdim: true).add(eps).rsqrt();
        return x * inverse * weight;
    }

    /// <summary>LayerNorm(residual + dropout(x)): the end of a post-norm block.</summary>
    /// <param name="x">[…, D], the block's output.</param>
    /// <param name="residual">[…, D], the block's input.</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D] or null.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="probability">The share of x that is dropped.</param>
    /// <param name="site">Where in the model; none in evaluation.</param>
    public static Tensor DropoutAddLayerNorm(
        Tensor x,
        Tensor residual,
        Tensor weight,
        Tensor? bias,
        double eps,
        double probability,
        DropoutSite site
    )
    {
        RequireWidth(x, weight.size(0), "layer norm");
        RequireShape(x, residual);
        return OwnKernels.Apply(x, residual, weight, bias)
            ? NormNode.Run(x, residual, weight, bias, eps, RowDropout.Of(probability, site, Rows(x)), centered: true)
            : LayerNorm(DropoutAdd(x, residual, probability, site), weight, bias, eps);
    }

    /// <summary>residual + dropout(x): the end of a pre-norm block.</summary>
    /// <param name="x">[…, D], the block's output.</param>
    /// <param name="residual">[…, D], the block's input.</param>
    /// <param name="probability">The share of x that is dropped.</param>
    /// <param name="site">Where in the model; none in evaluation.</param>
    public static Tensor DropoutAdd(Tensor x, Tensor residual, double probability, DropoutSite site)
    {
        RequireShape(x, residual);
        return site.Drops(probability) && OwnKernels.Apply(x, residual)
            ? DropoutNode.Run(x, residual, RowDropout.Of(probability, site, Rows(x))!)
            : residual + Dropout(x, probability, site);
    }

    /// <summary>Zeroes values with a probability and scales the others so that the expectation stays.</summary>
    /// <param name="x">[…, D]: leading dimensions are the plan's rows, tokens or (pooled) sequences.</param>
    /// <param name="probability">In [0, 1), rounded to a multiple of 2⁻¹⁶.</param>
    /// <param name="site">Where in the model; none in evaluation: x itself is returned.</param>
    public static Tensor Dropout(Tensor x, double probability, DropoutSite site)
    {
        if (!site.Drops(probability)) return x;
        RowDropout dropout = RowDropout.Of(probability, site, Rows(x))!;
        return OwnKernels.Apply(x) ? DropoutNode.Run(x, null, dropout) : x * Factors(dropout, x);
    }

    /// <summary>The factors of a tensor that the kernels do not handle, where it lives and in its type.</summary>
    private static Tensor Factors(RowDropout dropout, Tensor x)
    {
        using Tensor plain = ones(x.shape, ScalarType.Float32);
        using Tensor factors = DropoutNode.Run(plain, null, dropout);
        return factors.to(x.dtype).to(x.device);
    }

    private static long Rows(Tensor x) => x.numel() / x.size(-1);

    /// <summary>Compared size by size: each list of sizes is two arrays and a callback, too much for what every layer asks.</summary>
    private static bool HasShapeOf(Tensor x, Tensor other)
    {
        bool same = x.dim() == other.dim();
        for (int i = 0; same && i < x.dim(); i++) same = x.size(i) == other.size(i);
        return same;
    }

    private static void RequireShape(Tensor x, Tensor residual)
    {
        if (!HasShapeOf(x, residual))
            throw new ArgumentException($"residual {residual.ShapeText()} has not the shape {x.ShapeText()}", nameof(residual));
    }
}
