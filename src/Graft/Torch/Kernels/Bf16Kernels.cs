using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>
/// Between fp32 and bfloat16, the upper half of fp32: libtorch's own conversions took a fifth of a distillation step on a Zen 5.
/// </summary>
internal static unsafe class Bf16Kernels
{
    /// <summary>The nearest bfloat16 values, ties to even, as libtorch rounds.</summary>
    /// <param name="x">fp32, contiguous.</param>
    public static Tensor ToBf16(Tensor x)
    {
        Tensor result = empty(x.shape, ScalarType.BFloat16);
        float* from = Dispatcher.Data(x);
        ushort* to = (ushort*)Dispatcher.Data(result);
        KernelThreads.For(x.numel(), OwnKernels.Grain, (begin, end) => NarrowRange(from + begin, to + begin, end - begin));
        return result;
    }

    /// <summary>The same values in fp32, plus a bias.</summary>
    /// <param name="x">bfloat16, [rows, columns], contiguous.</param>
    /// <param name="bias">fp32, [columns], or null.</param>
    public static Tensor FromBf16(Tensor x, Tensor? bias = null)
    {
        Tensor result = empty(x.shape, ScalarType.Float32);
        long columns = x.shape[^1];
        ushort* from = (ushort*)Dispatcher.Data(x);
        float* to = Dispatcher.Data(result), added = bias is null ? null : Dispatcher.Data(bias);
        KernelThreads.For(x.numel() / Math.Max(1, columns), Math.Max(1, OwnKernels.Grain / Math.Max(1, columns)), (begin, end) =>
        {
            if (added is null) WidenRange(from + (begin * columns), to + (begin * columns), (end - begin) * columns);
            else for (long row = begin; row < end; row++) WidenRow(from + (row * columns), added, to + (row * columns), columns);
        });
        return result;
    }

    /// <summary>Adds bfloat16 values to fp32 ones.</summary>
    /// <param name="x">bfloat16, contiguous.</param>
    /// <param name="target">fp32, of x's shape, contiguous.</param>
    public static void AddBf16(Tensor x, Tensor target)
    {
        ushort* from = (ushort*)Dispatcher.Data(x);
        float* to = Dispatcher.Data(target);
        KernelThreads.For(x.numel(), OwnKernels.Grain, (begin, end) => WidenRow(from + begin, to + begin, to + begin, end - begin));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowRange(float* x, ushort* y, long count)
    {
        long i = 0;
        for (; i + 16 <= count; i += 16) Vector256.Narrow(Narrow(Vector256.Load(x + i)), Narrow(Vector256.Load(x + i + 8))).Store(y + i);
        for (; i < count; i++) y[i] = (ushort)Narrow(Vector256.Create(x[i])).ToScalar();
    }

    /// <summary>Adds half of what is cut off, and one where that makes a tie even; what is no number stays none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Narrow(Vector256<float> x)
    {
        const uint quietNaN = 0x7FC0;
        Vector256<uint> bits = x.AsUInt32(), upper = bits >>> 16;
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One)) >>> 16;
        return Vector256.ConditionalSelect(Vector256.Equals(x, x).AsUInt32(), rounded, Vector256.Create(quietNaN));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenRange(ushort* x, float* y, long count)
    {
        long i = 0;
        for (; i + 8 <= count; i += 8) Widen(x + i).Store(y + i);
        for (; i < count; i++) y[i] = BitConverter.UInt32BitsToSingle((uint)x[i] << 16);
    }

    /// <summary>y = x + added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenRow(ushort* x, float* added, float* y, long count)
    {
        long i = 0;
        for (; i + 8 <= count; i += 8) (Widen(x + i) + Vector256.Load(added + i)).Store(y + i);
        for (; i < count; i++) y[i] = BitConverter.UInt32BitsToSingle((uint)x[i] << 16) + added[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ushort* x)
    {
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.Load(x));
        return (Vector256.Create(lower, upper) << 16).AsSingle();
    }
}
