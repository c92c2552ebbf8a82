using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>Passes over contiguous fp32 tensors on libtorch's threads.</summary>
internal static unsafe class ElementwiseKernels
{
    /// <summary>f(x) of every value.</summary>
    public static Tensor Map(Tensor x, Activation activation)
    {
        Tensor result = empty_like(x);
        float* from = Dispatcher.Data(x), to = Dispatcher.Data(result);
        KernelThreads.For(x.numel(), OwnKernels.Grain, (begin, end) => MapRange(activation, from + begin, to + begin, end - begin));
        return result;
    }

    /// <summary>gradient · f′(x) of every value.</summary>
    public static Tensor MapGradient(Tensor gradient, Tensor x, Activation activation)
    {
        Tensor result = empty_like(x);
        float* upstream = Dispatcher.Data(gradient),
            from = Dispatcher.Data(x),
            to = Dispatcher.Data(result);
        KernelThreads.For(x.numel(), OwnKernels.Grain, (begin, end) =>
            MapGradientRange(activation, upstream + begin, from + begin, to + begin, end - begin)
        );
        return result;
    }

    private static void MapRange(Activation activation, float* x, float* y, long count)
    {
        switch (activation)
        {
            case Activation.GeluErf: MapRange<GeluErf>(x, y, count); break;
            case Activation.GeluTanh: MapRange<GeluTanh>(x, y, count); break;
            case Activation.Silu: MapRange<Silu>(x, y, count); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "no kernel");
        }
    }

    private static void MapGradientRange(Activation activation, float* gradient, float* x, float* y, long count)
    {
        switch (activation)
        {
            case Activation.GeluErf: MapGradientRange<GeluErf>(gradient, x, y, count); break;
            case Activation.GeluTanh: MapGradientRange<GeluTanh>(gradient, x, y, count); break;
            case Activation.Silu: MapGradientRange<Silu>(gradient, x, y, count); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "no kernel");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapRange<TFunction>(float* x, float* y, long count)
        where TFunction : struct, IElementwise
    {
        long i = 0;
        for (; i + 8 <= count; i += 8) TFunction.Value(Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++) y[i] = TFunction.Value(Vector256.Create(x[i])).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapGradientRange<TFunction>(float* gradient, float* x, float* y, long count)
        where TFunction : struct, IElementwise
    {
        long i = 0;
        for (; i + 8 <= count; i += 8) (TFunction.Slope(Vector256.Load(x + i)) * Vector256.Load(gradient + i)).Store(y + i);
        for (; i < count; i++) y[i] = TFunction.Slope(Vector256.Create(x[i])).ToScalar() * gradient[i];
    }
}
