using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Measurement;

/// <summary>The machine's fastest fp32 product, as everything is measured against.</summary>
/// <param name="MklGflops">[1024 × 768] · [768 × 3072] through MKL, 10⁹ operations a second.</param>
/// <param name="OneDnnGflops">The same through oneDNN with a prepacked weight.</param>
public sealed record PeakRate(double MklGflops, double OneDnnGflops)
{
    private const int Rows = 1024, In = 768, Out = 3072;

    /// <summary>The larger of both.</summary>
    public double Gflops => Math.Max(MklGflops, OneDnnGflops);

    /// <summary>
    /// Measures the machine's fastest product now; neighbours change it from minute to minute, so measure beside what is compared.
    /// </summary>
    /// <param name="repetitions">How often each product is timed; the fastest counts.</param>
    public static PeakRate Measure(int repetitions = 10)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = ones([Rows, In]), weight = ones([Out, In]);
        double operations = 2.0 * Rows * In * Out;
        double mkl = operations / ProductTimer.Fastest(() => functional.linear(x, weight), repetitions) / 1e9;
        Tensor packed = Dispatcher.ReorderLinearWeight(weight, Rows);
        double oneDnn =
            operations / ProductTimer.Fastest(() => Dispatcher.LinearPointwise(x, packed, null, "none"u8, default), repetitions) / 1e9;
        return new PeakRate(mkl, oneDnn);
    }

    /// <summary>The same product of bfloat16 operands, casts not counted, 10⁹ operations a second; null where that is not faster.</summary>
    /// <param name="repetitions">How often it is timed; the fastest counts.</param>
    public static double? MeasureBf16(int repetitions = 10)
    {
        if (!Bf16.IsFast) return null;
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = ones([Rows, In], ScalarType.BFloat16), weight = ones([Out, In], ScalarType.BFloat16);
        return 2.0 * Rows * In * Out / ProductTimer.Fastest(() => functional.linear(x, weight), repetitions) / 1e9;
    }
}
