using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Products;

/// <summary>Products of matrices without gradient, by the library of the thread's context.</summary>
internal static class MatrixProduct
{
    /// <summary>
    /// From so many rows on each has the bits that it has among a thousand: MKL's and oneDNN's ways for fewer rows (below 4 and 16; looked
    /// for over widths from 2 to 1,536 and up to 1,200 rows) add up in another order.
    /// </summary>
    private const int AlikeRows = 16;

    /// <summary>x·Wᵀ + b without gradient.</summary>
    /// <param name="x">[rows, in], contiguous.</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out] or null.</param>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        long rows = x.shape[0];
        if (rows >= AlikeRows || !ComputeContext.Current.IndependentRows) return ByLibrary(x, weight, bias);
        using Tensor more = zeros([AlikeRows, x.shape[1]], dtype: x.dtype);
        using Tensor own = more.narrow(0, 0, rows);
        own.copy_(x);
        using Tensor product = ByLibrary(more, weight, bias);
        return product.narrow(0, 0, rows);
    }

    private static Tensor ByLibrary(Tensor x, Tensor weight, Tensor? bias) =>
        IsOneDnn(x) ? OneDnnLinear(x, weight, bias) : functional.linear(x, weight, bias);

    /// <summary>The same through oneDNN, whatever is in use.</summary>
    public static Tensor OneDnnLinear(Tensor x, Tensor weight, Tensor? bias)
    {
        if (!AreRowsInEachOthersWay(x, weight)) return Dispatcher.LinearPointwise(x, weight, bias, "none"u8, default);
        using Tensor copy = ColumnKernels.Transposed(weight);
        using Tensor columns = copy.t();
        return Dispatcher.LinearPointwise(x, columns, bias, "none"u8, default);
    }

    /// <summary>a·b without gradient.</summary>
    /// <param name="a">[rows, inner]; contiguous for oneDNN, which would copy a view.</param>
    /// <param name="b">[inner, columns].</param>
    public static Tensor Multiply(Tensor a, Tensor b)
    {
        if (!IsOneDnn(a)) return a.mm(b);
        using Tensor transposed = b.t();
        return Dispatcher.LinearPointwise(a, transposed, null, "none"u8, default);
    }

    /// <summary>gᵀ·x: the gradient of a weight.</summary>
    /// <param name="gradient">g, [rows, out], contiguous.</param>
    /// <param name="x">[rows, in], of the same type.</param>
    /// <param name="target">[out, in], added to; null for a product of its own.</param>
    /// <returns>[out, in] in fp32; null where it was added to the target.</returns>
    public static Tensor? WeightGradient(Tensor gradient, Tensor x, Tensor? target)
    {
        bool isOneDnn = IsOneDnn(gradient);
        using Tensor transposed = isOneDnn ? ColumnKernels.Transposed(gradient) : gradient.t(); // oneDNN would copy a view, on one thread
        if (target is not null && !isOneDnn && gradient.dtype == target.dtype)
        {
            target.addmm_(transposed, x, 1, 1);
            return null;
        }

        Tensor product = Multiply(transposed, x);
        if (target is null) return Operand.ToFp32(product);
        using (product)
        {
            if (product.dtype == ScalarType.BFloat16) Bf16Kernels.AddBf16(product, target);
            else target.add_(product);
        }

        return null;
    }

    /// <summary>
    /// Rows of a multiple of 2 KB: oneDNN reads many of them side by side, and these fall into the same few sets of the first cache. With
    /// enough rows of x a transposed copy costs less than that (graft bench linear-long-rows).
    /// </summary>
    private static bool AreRowsInEachOthersWay(Tensor x, Tensor weight) =>
        weight.shape[1] % 512 == 0 && x.shape[0] >= 256 && weight.is_contiguous() && OwnKernels.Apply(weight);

    // bfloat16 goes to oneDNN by itself where the processor has it.
    private static bool IsOneDnn(Tensor x) =>
        x.dtype == ScalarType.Float32 && ComputeContext.Current.ResolvedLibrary == MatrixLibrary.OneDnn;
}
