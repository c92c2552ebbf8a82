using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch;

internal static unsafe partial class Kernels
{
    /// <summary>Adds the column sums of a matrix to a vector: the gradient of a bias.</summary>
    /// <param name="matrix">[rows, columns], contiguous.</param>
    /// <param name="sums">[columns], added to.</param>
    public static void AddColumnSums(Tensor matrix, Tensor sums)
    {
        int columns = (int)sums.numel();
        long rows = matrix.numel() / columns;
        float* from = Dispatcher.Data(matrix), to = Dispatcher.Data(sums);
        // Threads take columns, not rows: the order of additions never depends on their number.
        int strips = (columns + Strip - 1) / Strip;
        Parallel.For(strips, Math.Max(1, Grain / Math.Max(1, rows * Strip)), (begin, end) =>
        {
            for (long strip = begin; strip < end; strip++)
            {
                int first = (int)strip * Strip;
                SumStrip(from + first, rows, columns, to + first, Math.Min(Strip, columns - first));
            }
        });
    }

    private const int Strip = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumStrip(float* matrix, long rows, int stride, float* sums, int width)
    {
        int c = 0;
        for (; c + 32 <= width; c += 32)
        {
            Vector256<float> s0 = Vector256.Load(sums + c), s1 = Vector256.Load(sums + c + 8), s2 = Vector256.Load(sums + c + 16), s3 = Vector256.Load(sums + c + 24);
            float* row = matrix + c;
            for (long r = 0; r < rows; r++, row += stride)
            {
                s0 += Vector256.Load(row);
                s1 += Vector256.Load(row + 8);
                s2 += Vector256.Load(row + 16);
                s3 += Vector256.Load(row + 24);
            }

            s0.Store(sums + c);
            s1.Store(sums + c + 8);
            s2.Store(sums + c + 16);
            s3.Store(sums + c + 24);
        }

        for (; c < width; c++)
        {
            float sum = sums[c];
            for (long r = 0; r < rows; r++) sum += matrix[(r * stride) + c];
            sums[c] = sum;
        }
    }

    /// <summary>Adds rows of a matrix to rows of a table: the gradient of an embedding.</summary>
    /// <param name="gradient">[ids, width], contiguous.</param>
    /// <param name="ids">The table's row of each gradient row.</param>
    /// <param name="table">[rows, width], contiguous, added to.</param>
    /// <param name="skipped">A table row that gets nothing; −1 for none.</param>
    public static void ScatterAdd(Tensor gradient, long[] ids, Tensor table, long skipped)
    {
        int width = (int)table.shape[^1];
        float* from = Dispatcher.Data(gradient), to = Dispatcher.Data(table);
        int strips = (width + Strip - 1) / Strip;
        Parallel.For(strips, Math.Max(1, Grain / Math.Max(1, (long)ids.Length * Strip)), (begin, end) =>
        {
            int first = (int)begin * Strip, count = Math.Min((int)end * Strip, width) - first;
            for (int i = 0; i < ids.Length; i++)
            {
                if (ids[i] != skipped) AddTo(to + (ids[i] * width) + first, from + ((long)i * width) + first, count);
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTo(float* to, float* from, int count)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(to + i) + Vector256.Load(from + i)).Store(to + i);
        for (; i < count; i++) to[i] += from[i];
    }
}
