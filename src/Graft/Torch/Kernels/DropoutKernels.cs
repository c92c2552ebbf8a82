using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Dropout;

namespace Graft.Torch.Kernels;

/// <summary>Dropout of rows, with what is added before or behind it.</summary>
internal static unsafe class DropoutKernels
{
    /// <summary>y = x · factors (+ added) of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DropRow(in DropoutMask mask, ulong stream, float* x, float* added, float* y, int width)
    {
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            (Vector256<float> low, Vector256<float> high) = mask.Factors(stream, i);
            low *= Vector256.Load(x + i);
            high *= Vector256.Load(x + i + 8);
            if (added is not null)
            {
                low += Vector256.Load(added + i);
                high += Vector256.Load(added + i + 8);
            }

            low.Store(y + i);
            high.Store(y + i + 8);
        }

        for (; i < width; i++) y[i] = (x[i] * mask.Factor(stream, i)) + (added is null ? 0 : added[i]);
    }

    /// <summary>y = dropout(x) (+ added) of one row.</summary>
    public static void SumRow(RowDropout? dropout, long row, float* x, float* added, float* y, int width)
    {
        if (dropout is not null) DropRow(dropout.Mask, dropout.Stream(row), x, added, y, width);
        else if (added is not null) AddRow(x, added, y, width);
        else Buffer.MemoryCopy(x, y, (long)width * sizeof(float), (long)width * sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float* x, float* added, float* y, int width)
    {
        int i = 0;
        for (; i + 8 <= width; i += 8) (Vector256.Load(x + i) + Vector256.Load(added + i)).Store(y + i);
        for (; i < width; i++) y[i] = x[i] + added[i];
    }
}
