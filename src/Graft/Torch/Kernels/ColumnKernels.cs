using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>
/// Sums of columns, transposed copies and rows added to a table: passes that go down a matrix in strips as wide as a few cache lines.
/// </summary>
internal static unsafe class ColumnKernels
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
        KernelThreads.For(strips, Math.Max(1, OwnKernels.Grain / Math.Max(1, rows * Strip)), (begin, end) =>
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
            Vector256<float> s0 = Vector256.Load(sums + c),
                s1 = Vector256.Load(sums + c + 8),
                s2 = Vector256.Load(sums + c + 16),
                s3 = Vector256.Load(sums + c + 24);
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

    /// <summary>A matrix with rows and columns exchanged, in order in memory: libtorch's own transposing copy runs on one thread.</summary>
    /// <param name="matrix">[rows, columns], contiguous.</param>
    /// <returns>[columns, rows], contiguous.</returns>
    public static Tensor Transposed(Tensor matrix)
    {
        int rows = (int)matrix.shape[0], columns = (int)matrix.shape[1];
        Tensor result = empty(columns, rows);
        float* from = Dispatcher.Data(matrix), to = Dispatcher.Data(result);
        int strips = (columns + Tile - 1) / Tile;
        KernelThreads.For(strips, Math.Max(1, OwnKernels.Grain / Math.Max(1, (long)rows * Tile)), (begin, end) =>
        {
            for (long strip = begin; strip < end; strip++)
            {
                int first = (int)strip * Tile;
                TransposeStrip(from + first, rows, columns, to + ((long)first * rows), Math.Min(Tile, columns - first));
            }
        });
        return result;
    }

    private const int Tile = 16; // floats: a cache line of either matrix

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeStrip(float* matrix, int rows, int stride, float* result, int width)
    {
        int r = 0;
        if (Avx.IsSupported && width == Tile)
        {
            for (; r + Tile <= rows; r += Tile)
            {
                float* from = matrix + ((long)r * stride), to = result + r;
                TransposeEight(from, stride, to, rows);
                TransposeEight(from + (8L * stride), stride, to + 8, rows);
                TransposeEight(from + 8, stride, to + (8L * rows), rows);
                TransposeEight(from + (8L * stride) + 8, stride, to + (8L * rows) + 8, rows);
            }
        }

        for (; r < rows; r++)
        {
            for (int c = 0; c < width; c++) result[((long)c * rows) + r] = matrix[((long)r * stride) + c];
        }
    }

    /// <summary>Eight by eight values: pairs, then fours, then halves change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeEight(float* from, long stride, float* to, long columns)
    {
        Vector256<float> r0 = Vector256.Load(from),
            r1 = Vector256.Load(from + stride),
            r2 = Vector256.Load(from + (2 * stride)),
            r3 = Vector256.Load(from + (3 * stride));
        Vector256<float> r4 = Vector256.Load(from + (4 * stride)),
            r5 = Vector256.Load(from + (5 * stride)),
            r6 = Vector256.Load(from + (6 * stride)),
            r7 = Vector256.Load(from + (7 * stride));
        Vector256<float> p0 = Avx.UnpackLow(r0, r1),
            p1 = Avx.UnpackHigh(r0, r1),
            p2 = Avx.UnpackLow(r2, r3),
            p3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> p4 = Avx.UnpackLow(r4, r5),
            p5 = Avx.UnpackHigh(r4, r5),
            p6 = Avx.UnpackLow(r6, r7),
            p7 = Avx.UnpackHigh(r6, r7);
        r0 = Avx.Shuffle(p0, p2, 0x44);
        r1 = Avx.Shuffle(p0, p2, 0xEE);
        r2 = Avx.Shuffle(p1, p3, 0x44);
        r3 = Avx.Shuffle(p1, p3, 0xEE);
        r4 = Avx.Shuffle(p4, p6, 0x44);
        r5 = Avx.Shuffle(p4, p6, 0xEE);
        r6 = Avx.Shuffle(p5, p7, 0x44);
        r7 = Avx.Shuffle(p5, p7, 0xEE);
        Avx.Permute2x128(r0, r4, 0x20).Store(to);
        Avx.Permute2x128(r1, r5, 0x20).Store(to + columns);
        Avx.Permute2x128(r2, r6, 0x20).Store(to + (2 * columns));
        Avx.Permute2x128(r3, r7, 0x20).Store(to + (3 * columns));
        Avx.Permute2x128(r0, r4, 0x31).Store(to + (4 * columns));
        Avx.Permute2x128(r1, r5, 0x31).Store(to + (5 * columns));
        Avx.Permute2x128(r2, r6, 0x31).Store(to + (6 * columns));
        Avx.Permute2x128(r3, r7, 0x31).Store(to + (7 * columns));
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
        KernelThreads.For(strips, Math.Max(1, OwnKernels.Grain / Math.Max(1, (long)ids.Length * Strip)), (begin, end) =>
        {
            int first = (int)begin * Strip, count = Math.Min((int)end * Strip, width) - first;
            for (int i = 0; i < ids.Length; i++)
            {
                if (ids[i] != skipped) AddTo(to + (ids[i] * width) + first, from + ((long)i * width) + first, count);
            }
        });
    }

    /// <summary>to += from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(float* to, float* from, int count)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8) (Vector256.Load(to + i) + Vector256.Load(from + i)).Store(to + i);
        for (; i < count; i++) to[i] += from[i];
    }
}
