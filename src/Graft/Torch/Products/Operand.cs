using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using static TorchSharp.torch;

namespace Graft.Torch.Products;

/// <summary>What a linear layer multiplies: its tensors themselves, or their bfloat16 values where the thread's context says so.</summary>
internal static class Operand
{
    /// <summary>What a product is given: the tensor itself, or its bfloat16 values.</summary>
    /// <returns>A reference that the caller disposes.</returns>
    public static Tensor Of(Tensor values) =>
        Of(values, ComputeContext.Current.Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32);

    /// <summary>The same, for a product with an operand of this type.</summary>
    public static Tensor Of(Tensor values, ScalarType type)
    {
        if (type == ScalarType.Float32) return values.alias();
        return values.is_contiguous() ? Bf16Kernels.ToBf16(values) : values.to(ScalarType.BFloat16);
    }

    /// <summary>fp32 again.</summary>
    /// <param name="product">The product of operands, [rows, columns]; released where it is not the result.</param>
    /// <param name="bias">Added where the product is not fp32 yet; [columns] or null.</param>
    public static Tensor ToFp32(Tensor product, Tensor? bias = null)
    {
        if (product.dtype == ScalarType.Float32) return product;
        using (product) return Bf16Kernels.FromBf16(product, bias);
    }
}
