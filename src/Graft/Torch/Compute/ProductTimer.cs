using System.Diagnostics;
using static TorchSharp.torch;

namespace Graft.Torch.Compute;

/// <summary>Times a product.</summary>
internal static class ProductTimer
{
    /// <summary>Seconds of the fastest of several calls, after one that is not counted.</summary>
    public static double Fastest(Func<Tensor> product, int repetitions)
    {
        product().Dispose();
        long best = long.MaxValue;
        for (int i = 0; i < repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            product().Dispose();
            best = Math.Min(best, Stopwatch.GetTimestamp() - start);
        }

        return (double)best / Stopwatch.Frequency;
    }
}
