using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>Passes over flat fp32 tensors.</summary>
internal static unsafe class FlatKernels
{
    private const long Block = 1 << 15; // fixed blocks: sums do not depend on the number of threads

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
        float* data = Dispatcher.Data(flat);
        long count = flat.numel();
        double[] sums = new double[(count + Block - 1) / Block];
        KernelThreads.For(sums.Length, 1, (begin, end) =>
        {
            for (long block = begin; block < end; block++) sums[block] = SumOfSquares(data + (block * Block), Math.Min(Block, count - (block * Block)));
        });
        double sum = 0;
        foreach (double part in sums) sum += part;
        return Math.Sqrt(sum);
    }

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
