using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Products;

/// <summary>Chooses the library that multiplies: what is known of the processor, else a probe of some milliseconds, once a process, unless told.</summary>
public static class MatrixProduct
{
    private const int In = 768, ProbeRounds = 6;
    private const double ClearWin = 1.3;
    private static readonly Lock s_lock = new();
    private static MatrixLibrary? s_library;

    /// <summary>The library in use: told by <see cref="Use(MatrixLibrary)"/> or GRAFT_MATRIX_PRODUCT (mkl or onednn), or the faster one.</summary>
    /// <exception cref="InputException">GRAFT_MATRIX_PRODUCT is neither.</exception>
    public static MatrixLibrary Library
    {
        get
        {
            lock (s_lock) return s_library ??= FromEnvironment() ?? (IsKnownForOneDnn ? MatrixLibrary.OneDnn : Probe());
        }
    }

    /// <summary>Uses this library from now on, for instance the one a resumed run began with.</summary>
    public static void Use(MatrixLibrary library)
    {
        lock (s_lock) s_library = library;
    }

    /// <summary>The operands of linear layers that are trained, in this process.</summary>
    /// <value>fp32.</value>
    public static Precision Precision { get; private set; }

    /// <summary>Multiplies in this precision from now on, on any processor.</summary>
    public static void Use(Precision precision) => Precision = precision;

    /// <summary>The precision of a name on the command line, where this processor gains by it.</summary>
    /// <exception cref="InputException">The name is neither "fp32" nor "bf16", or bfloat16 is not faster on this processor.</exception>
    public static Precision ParsePrecision(string name) => name switch
    {
        "fp32" => Precision.Fp32,
        "bf16" when Bf16.IsFast => Precision.Bf16,
        "bf16" => throw new InputException($"--precision bf16: bfloat16 is not faster on this processor (AMX, or avx512_bf16 of AMD; found {Bf16.Found}): leave the flag out"),
        _ => throw new InputException($"--precision {name}: fp32 or bf16"),
    };

    /// <summary>The library of a name as options and records spell it.</summary>
    /// <exception cref="InputException">The name is neither "mkl" nor "onednn".</exception>
    public static MatrixLibrary Parse(string name) => name.ToUpperInvariant() switch
    {
        "MKL" => MatrixLibrary.Mkl,
        "ONEDNN" => MatrixLibrary.OneDnn,
        _ => throw new InputException($"matrix product \"{name}\": mkl or onednn is allowed"),
    };

    /// <summary>x·Wᵀ + b without gradient.</summary>
    /// <param name="x">[rows, in], contiguous.</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out] or null.</param>
    internal static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) => IsOneDnn(x) ? OneDnnLinear(x, weight, bias) : functional.linear(x, weight, bias);

    /// <summary>The same through oneDNN, whatever is in use.</summary>
    internal static Tensor OneDnnLinear(Tensor x, Tensor weight, Tensor? bias)
    {
        if (!AreRowsInEachOthersWay(x, weight)) return Dispatcher.LinearPointwise(x, weight, bias, "none"u8, default);
        using Tensor copy = ColumnKernels.Transposed(weight);
        using Tensor columns = copy.t();
        return Dispatcher.LinearPointwise(x, columns, bias, "none"u8, default);
    }

    /// <summary>What a product is given: the tensor itself, or its bfloat16 values.</summary>
    /// <returns>A reference that the caller disposes.</returns>
    internal static Tensor Operand(Tensor values) => Operand(values, Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32);

    /// <summary>The same, for a product with an operand of this type.</summary>
    internal static Tensor Operand(Tensor values, ScalarType type)
    {
        if (type == ScalarType.Float32) return values.alias();
        return values.is_contiguous() ? Bf16Kernels.ToBf16(values) : values.to(ScalarType.BFloat16);
    }

    /// <summary>fp32 again.</summary>
    /// <param name="product">Of operands, [rows, columns]; released where it is not the result.</param>
    /// <param name="bias">Added where the product is not fp32 yet; [columns] or null.</param>
    internal static Tensor Fp32(Tensor product, Tensor? bias = null)
    {
        if (product.dtype == ScalarType.Float32) return product;
        using (product) return Bf16Kernels.FromBf16(product, bias);
    }

    /// <summary>a·b without gradient.</summary>
    /// <param name="a">[rows, inner]; contiguous for oneDNN, which would copy a view.</param>
    /// <param name="b">[inner, columns].</param>
    internal static Tensor Multiply(Tensor a, Tensor b)
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
    internal static Tensor? WeightGradient(Tensor gradient, Tensor x, Tensor? target)
    {
        bool isOneDnn = IsOneDnn(gradient);
        using Tensor transposed = isOneDnn ? ColumnKernels.Transposed(gradient) : gradient.t(); // oneDNN would copy a view, on one thread
        if (target is not null && !isOneDnn && gradient.dtype == target.dtype)
        {
            target.addmm_(transposed, x, 1, 1);
            return null;
        }

        Tensor product = Multiply(transposed, x);
        if (target is null) return Fp32(product);
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
    private static bool IsOneDnn(Tensor x) => x.dtype == ScalarType.Float32 && Library == MatrixLibrary.OneDnn;

    /// <summary>AMD with AVX-512, which MKL does not use there: oneDNN is faster, by a tenth (Zen 4) or twice (Zen 5), and no probe can err.</summary>
    private static bool IsKnownForOneDnn => Processor.IsAmd && Avx512F.IsSupported;

    private static MatrixLibrary? FromEnvironment()
    {
        string? name = Environment.GetEnvironmentVariable("GRAFT_MATRIX_PRODUCT");
        return string.IsNullOrEmpty(name) ? null : Parse(name);
    }

    /// <summary>
    /// A small product, unpacked, as in training; both libraries in turn, so that a neighbour's noise meets both. oneDNN must win clearly:
    /// where the two are close, every process of this machine has to choose alike, or a resumed run would not end in the same bits.
    /// </summary>
    private static MatrixLibrary Probe()
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = ones([512, In]), weight = ones([In, In]);
        double mkl = double.PositiveInfinity, oneDnn = double.PositiveInfinity;
        for (int round = 0; round < ProbeRounds; round++)
        {
            mkl = Math.Min(mkl, ProductTimer.Fastest(() => functional.linear(x, weight), 1));
            oneDnn = Math.Min(oneDnn, ProductTimer.Fastest(() => Dispatcher.LinearPointwise(x, weight, null, "none"u8, default), 1));
        }

        return oneDnn * ClearWin < mkl ? MatrixLibrary.OneDnn : MatrixLibrary.Mkl;
    }
}
