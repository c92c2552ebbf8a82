using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch;

public static partial class Ops
{
    /// <summary>(x − mean) / √(variance + eps) · weight + bias over the last dimension.</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D] or null.</param>
    /// <param name="eps">Added to the variance.</param>
    public static Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double eps)
    {
        RequireWidth(x, weight.shape[0], "layer norm");
        return functional.layer_norm(x, [weight.shape[0]], weight, bias, eps);
    }

    /// <summary>x / √(mean(x²) + eps) · weight over the last dimension (T5: no mean, no bias).</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="eps">Added to the mean square.</param>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps)
    {
        RequireWidth(x, weight.shape[0], "RMS norm");
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
    public static Tensor DropoutAddLayerNorm(Tensor x, Tensor residual, Tensor weight, Tensor? bias, double eps, double probability, DropoutSite site) =>
        LayerNorm(DropoutAdd(x, residual, probability, site), weight, bias, eps);

    /// <summary>residual + dropout(x): the end of a pre-norm block.</summary>
    /// <param name="x">[…, D], the block's output.</param>
    /// <param name="residual">[…, D], the block's input.</param>
    /// <param name="probability">The share of x that is dropped.</param>
    /// <param name="site">Where in the model; none in evaluation.</param>
    public static Tensor DropoutAdd(Tensor x, Tensor residual, double probability, DropoutSite site) => residual + Dropout(x, probability, site);

    /// <summary>Zeroes values with a probability and scales the others so that the expectation stays.</summary>
    /// <param name="x">[…, D]: leading dimensions are the plan's rows, tokens or (pooled) sequences.</param>
    /// <param name="probability">In [0, 1), rounded to a multiple of 2⁻¹⁶.</param>
    /// <param name="site">Where in the model; none in evaluation: x itself is returned.</param>
    public static Tensor Dropout(Tensor x, double probability, DropoutSite site)
    {
        if (!site.Drops(probability)) return x;
        long width = x.shape[^1];
        ulong[] keys = site.Plan!.Keys(x.numel() / width);
        using Tensor factors = zeros(x.shape, ScalarType.Float32);
        Span<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(factors.bytes);
        DropoutMask mask = DropoutMask.Of(probability);
        for (int row = 0; row < keys.Length; row++)
            mask.Fill(DropoutMask.Stream(keys[row], site.Number), values.Slice((int)(row * width), (int)width));
        return x * factors;
    }
}
