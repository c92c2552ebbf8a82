using System.Runtime.Intrinsics.X86;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Compute;

/// <summary>
/// The library that multiplies where a context names none: what is known of the processor, else a probe of some milliseconds.
/// </summary>
internal static class MatrixLibraries
{
    private const string Variable = "GRAFT_MATRIX_PRODUCT";
    private const int Width = 768, Rounds = 6;
    private const double ClearWin = 1.3;
    private static readonly Lazy<MatrixLibrary> s_default = new(() =>
        FromEnvironment() ?? (IsKnownForOneDnn ? MatrixLibrary.OneDnn : Probe())
    );

    /// <summary>What GRAFT_MATRIX_PRODUCT names (mkl or onednn), or the faster one: a fact about this machine, found once.</summary>
    /// <exception cref="InputException">GRAFT_MATRIX_PRODUCT is neither.</exception>
    public static MatrixLibrary Default => s_default.Value;

    /// <summary>The library of a name as options and records spell it.</summary>
    /// <exception cref="InputException">The name is neither "mkl" nor "onednn".</exception>
    public static MatrixLibrary Parse(string name) => Find(name) ?? throw new InputException("matrix-product", name, "mkl or onednn");

    private static MatrixLibrary? Find(string name) => name.ToUpperInvariant() switch
    {
        "MKL" => MatrixLibrary.Mkl,
        "ONEDNN" => MatrixLibrary.OneDnn,
        _ => null,
    };

    private static MatrixLibrary? FromEnvironment()
    {
        string? name = Environment.GetEnvironmentVariable(Variable);
        return string.IsNullOrEmpty(name) ? null : Find(name) ?? throw new InputException($"{Variable}={name}: mkl or onednn is allowed");
    }

    /// <summary>
    /// AMD with AVX-512, which MKL does not use there: oneDNN is faster, by a tenth (Zen 4) or twice (Zen 5), and no probe can err.
    /// </summary>
    private static bool IsKnownForOneDnn => Processor.IsAmd && Avx512F.IsSupported;

    /// <summary>
    /// A small product, unpacked, as in training; both libraries in turn, so that a neighbour's noise meets both. oneDNN must win clearly:
    /// where the two are close, every process of this machine has to choose alike, or a resumed run would not end in the same bits.
    /// </summary>
    private static MatrixLibrary Probe()
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = ones([512, Width]), weight = ones([Width, Width]);
        double mkl = double.PositiveInfinity, oneDnn = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            mkl = Math.Min(mkl, ProductTimer.Fastest(() => functional.linear(x, weight), 1));
            oneDnn = Math.Min(oneDnn, ProductTimer.Fastest(() => Dispatcher.LinearPointwise(x, weight, null, "none"u8, default), 1));
        }

        return oneDnn * ClearWin < mkl ? MatrixLibrary.OneDnn : MatrixLibrary.Mkl;
    }
}
