using Graft.Torch.Autograd;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Operations;

internal static partial class Ops
{
    /// <summary>Whether matrices are to be multiplied in 8 bits here: the thread's context says so, and no gradient is wanted.</summary>
    /// <param name="x">What enters.</param>
    public static bool InInt8(Tensor x) =>
        ComputeContext.Current.Precision == Precision.Int8 && OwnKernels.Apply(x) && !GradientNode.IsNeeded(x) && !is_grad_enabled();

    /// <summary>activation(x·Wᵀ + b) in 8 bits for each of some matrices on one input.</summary>
    /// <param name="x">[…, in], fp32.</param>
    /// <param name="activation">What is applied to every value.</param>
    /// <param name="sides">Each [out, in] with its bias.</param>
    /// <returns>[…, out] for each.</returns>
    public static Tensor[] Int8Linear(Tensor x, Activation activation, params Int8Product.Side[] sides)
    {
        RequireWidth(x, sides[0].Weight.Inputs, "linear");
        using Tensor rows = x.reshape(-1, x.size(-1));
        using Tensor contiguous = rows.contiguous();
        Tensor[] products = Int8Product.Linear(contiguous, sides);
        for (int i = 0; i < products.Length; i++) products[i] = Activate(Shaped(products[i], x), activation);
        return products;
    }

    /// <summary>W₂·activation(W₁·x + b₁) + b₂ in 8 bits; null where there is no kernel for the activation.</summary>
    /// <param name="x">[…, in], fp32.</param>
    /// <param name="first">W₁ and b₁.</param>
    /// <param name="activation">The activation.</param>
    /// <param name="second">W₂ and b₂.</param>
    /// <returns>[…, out].</returns>
    public static Tensor? Int8FeedForward(Tensor x, Int8Product.Side first, Activation activation, Int8Product.Side second)
    {
        if (activation is not (Activation.GeluErf or Activation.GeluTanh or Activation.Silu)) return null;
        RequireWidth(x, first.Weight.Inputs, "linear");
        using Tensor rows = x.reshape(-1, x.size(-1));
        using Tensor contiguous = rows.contiguous();
        return Shaped(Int8Product.FeedForward(contiguous, first, activation, second), x);
    }

    private static Tensor Shaped(Tensor rows, Tensor like)
    {
        using (rows) return rows.view([.. like.shape[..^1], rows.shape[1]]);
    }
}
