using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>The middle of a gated feed-forward half: f(a) ∘ g.</summary>
internal static unsafe class GatedKernels
{
    /// <summary>f(a) ∘ g of rows [a; g].</summary>
    /// <param name="x">[…, 2I], contiguous.</param>
    /// <param name="activation">f.</param>
    /// <returns>[…, I].</returns>
    public static Tensor Gate(Tensor x, Activation activation)
    {
        long[] shape = x.shape;
        int width = (int)shape[^1] / 2;
        Tensor result = empty([.. shape[..^1], width]);
        float* from = Dispatcher.Data(x), to = Dispatcher.Data(result);
        KernelThreads.For(x.numel() / (2L * width), 1 + (OwnKernels.Grain / width), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* value = from + (row * 2 * width), gate = value + width, output = to + (row * width);
                switch (activation)
                {
                    case Activation.GeluErf: GateRow<GeluErf>(value, gate, output, width); break;
                    case Activation.GeluTanh: GateRow<GeluTanh>(value, gate, output, width); break;
                    case Activation.Silu: GateRow<Silu>(value, gate, output, width); break;
                    default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "no kernel");
                }
            }
        });
        return result;
    }

    /// <summary>The gradient of <see cref="Gate"/>: [gradient ∘ g ∘ f′(a); gradient ∘ f(a)].</summary>
    /// <param name="gradient">[…, I], contiguous.</param>
    /// <param name="x">[…, 2I], contiguous.</param>
    /// <param name="activation">f.</param>
    /// <returns>[…, 2I].</returns>
    public static Tensor GateGradient(Tensor gradient, Tensor x, Activation activation)
    {
        int width = (int)x.shape[^1] / 2;
        Tensor result = empty_like(x);
        float* upstream = Dispatcher.Data(gradient), from = Dispatcher.Data(x), to = Dispatcher.Data(result);
        KernelThreads.For(x.numel() / (2L * width), 1 + (OwnKernels.Grain / width), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                float* value = from + (row * 2 * width), output = to + (row * 2 * width), above = upstream + (row * width);
                switch (activation)
                {
                    case Activation.GeluErf: GateGradientRow<GeluErf>(above, value, value + width, output, output + width, width); break;
                    case Activation.GeluTanh: GateGradientRow<GeluTanh>(above, value, value + width, output, output + width, width); break;
                    case Activation.Silu: GateGradientRow<Silu>(above, value, value + width, output, output + width, width); break;
                    default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "no kernel");
                }
            }
        });
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GateRow<TFunction>(float* value, float* gate, float* output, int count)
        where TFunction : struct, IElementwise
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (TFunction.Value(Vector256.Load(value + i)) * Vector256.Load(gate + i)).Store(output + i);
        for (; i < count; i++) output[i] = TFunction.Value(Vector256.Create(value[i])).ToScalar() * gate[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GateGradientRow<TFunction>(
        float* gradient,
        float* value,
        float* gate,
        float* valueGradient,
        float* gateGradient,
        int count
    )
        where TFunction : struct, IElementwise
    {
        int i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256<float> upstream = Vector256.Load(gradient + i), x = Vector256.Load(value + i);
            (TFunction.Slope(x) * (upstream * Vector256.Load(gate + i))).Store(valueGradient + i);
            (TFunction.Value(x) * upstream).Store(gateGradient + i);
        }

        for (; i < count; i++)
        {
            Vector256<float> x = Vector256.Create(value[i]);
            valueGradient[i] = TFunction.Slope(x).ToScalar() * (gradient[i] * gate[i]);
            gateGradient[i] = TFunction.Value(x).ToScalar() * gradient[i];
        }
    }
}
