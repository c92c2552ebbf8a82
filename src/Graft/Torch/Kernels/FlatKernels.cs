using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>Passes over flat fp32 tensors.</summary>
internal static unsafe class FlatKernels
{
    /// <summary>Values summed at once: fixed, so that sums do not depend on the number of threads.</summary>
    public const long Block = 1 << 15;

    /// <summary>Sets every value to zero.</summary>
    public static void Zero(Tensor flat)
    {
        float* data = Dispatcher.Data(flat);
        KernelThreads.For(flat.numel(), Block, (begin, end) =>
        {
            for (long i = begin; i < end; i += Block) new Span<float>(data + i, (int)Math.Min(Block, end - i)).Clear();
        });
    }

    /// <summary>The square root of the sum of squares: fp64 accumulators, blocks added in order.</summary>
    public static double Norm(Tensor flat)
    {
        double[] sums = new double[(flat.numel() + Block - 1) / Block];
        SumsOfSquares(Dispatcher.Data(flat), flat.numel(), sums);
        return NormOf(sums);
    }

    /// <summary>The sum of squares of each block, the last of which may be short.</summary>
    /// <param name="data">The first value.</param>
    /// <param name="count">Values.</param>
    /// <param name="sums">One a block.</param>
    public static void SumsOfSquares(float* data, long count, double[] sums) => KernelThreads.For(sums.Length, 1, (begin, end) =>
        {
            for (long block = begin; block < end; block++)
                sums[block] = SumOfSquares(data + (block * Block), Math.Min(Block, count - (block * Block)));
        });

    /// <summary>The norm from the sums of all blocks, added in their order.</summary>
    public static double NormOf(ReadOnlySpan<double> sums)
    {
        double sum = 0;
        foreach (double part in sums) sum += part;
        return Math.Sqrt(sum);
    }

    /// <summary>target ← target + source.</summary>
    public static void Add(float* target, float* source, long count) => KernelThreads.For((count + Block - 1) / Block, 1, (begin, end) =>
    {
        long i = begin * Block, stop = Math.Min(count, end * Block);
        for (; i + 8 <= stop; i += 8) (Vector256.Load(target + i) + Vector256.Load(source + i)).Store(target + i);
        for (; i < stop; i++) target[i] += source[i];
    });

    /// <summary>Copies values.</summary>
    public static void Copy(float* source, float* target, long count) => KernelThreads.For((count + Block - 1) / Block, 1, (begin, end) =>
    {
        for (long block = begin; block < end; block++)
        {
            int length = (int)Math.Min(Block, count - (block * Block));
            new ReadOnlySpan<float>(source + (block * Block), length).CopyTo(new Span<float>(target + (block * Block), length));
        }
    });

    private static double SumOfSquares(float* data, long count)
    {
        Vector256<double> a = default, b = default;
        long i = 0;
        for (; i + 8 <= count; i += 8)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(data + i));
            a = Vector256.MultiplyAddEstimate(low, low, a);
            b = Vector256.MultiplyAddEstimate(high, high, b);
        }

        double sum = Vector256.Sum(a + b);
        for (; i < count; i++) sum += (double)data[i] * data[i];
        return sum;
    }
}
