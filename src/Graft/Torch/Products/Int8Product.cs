using System.Runtime.InteropServices;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using Range = Graft.Torch.Kernels.Int8Kernels.Range;

namespace Graft.Torch.Products;

/// <summary>
/// x·Wᵀ + b with both sides in 8 bits, without gradient. Each thread takes blocks of rows through all steps (rounding, product, rescaling,
/// activation, the next product), so that what lies between them stays in its caches. What a row becomes does not depend on the block it
/// is in: it has a range of its own, and sums of 32 bits are exact.
/// </summary>
internal static unsafe class Int8Product
{
    private const int MostRows = 256; // of a block: a product's own start is then a small part of it
    private const int FewestRows = 48; // of a block, where there are enough for all threads

    /// <summary>A matrix with its bias.</summary>
    /// <param name="Weight">[out, in] in 8 bits.</param>
    /// <param name="Bias">[out] or null.</param>
    public readonly record struct Side(Int8Weight Weight, Tensor? Bias)
    {
        internal float* Sums => Dispatcher.Data(Weight.Sums);

        internal float* Added => Bias is null ? null : Dispatcher.Data(Bias);
    }

    /// <summary>x·Wᵀ + b for each of some matrices; x is rounded once.</summary>
    /// <param name="x">[rows, in], contiguous, fp32.</param>
    /// <param name="sides">The matrices.</param>
    /// <returns>[rows, out] for each.</returns>
    public static Tensor[] Linear(Tensor x, params Side[] sides)
    {
        long rows = x.shape[0];
        int inputs = (int)x.shape[1];
        Tensor[] results = [.. sides.Select(side => empty(rows, side.Weight.Outputs))];
        float* from = Dispatcher.Data(x);
        nint[] to = [.. results.Select(result => (nint)Dispatcher.Data(result))];
        InBlocks(rows, (first, count) =>
        {
            using Rows bytes = new(count, inputs);
            bytes.Round(from + (first * inputs));
            for (int i = 0; i < sides.Length; i++)
            {
                int outputs = sides[i].Weight.Outputs;
                bytes.MultiplyInto(sides[i], (float*)to[i] + (first * outputs));
            }
        });
        return results;
    }

    /// <summary>W₂·activation(W₁·x + b₁) + b₂; what is between is never kept.</summary>
    /// <param name="x">[rows, in], contiguous, fp32.</param>
    /// <param name="first">W₁ and b₁.</param>
    /// <param name="activation">One that has a kernel.</param>
    /// <param name="second">W₂ and b₂.</param>
    /// <returns>[rows, out].</returns>
    public static Tensor FeedForward(Tensor x, Side first, Activation activation, Side second)
    {
        long rows = x.shape[0];
        (int inputs, int between, int outputs) = ((int)x.shape[1], first.Weight.Outputs, second.Weight.Outputs);
        Tensor result = empty(rows, outputs);
        float* from = Dispatcher.Data(x), to = Dispatcher.Data(result), sums = first.Sums, bias = first.Added;
        InBlocks(rows, (begin, count) =>
        {
            using Rows bytes = new(count, inputs), middle = new(count, between);
            bytes.Round(from + (begin * inputs));
            using (Dispatcher.NativeTensor product = bytes.Multiply(first.Weight))
            {
                float* values = product.Data;
                for (int row = 0; row < count; row++)
                {
                    middle.Ranges[row] = Int8Kernels.ActivateRow(
                        activation, values + ((long)row * between), bytes.Ranges[row], sums, bias, middle.At(row), between
                    );
                }
            }

            middle.MultiplyInto(second, to + (begin * outputs));
        });
        return result;
    }

    /// <summary>Blocks of rows on all threads; few rows stay together, and the library divides them itself.</summary>
    private static void InBlocks(long rows, Action<long, int> body)
    {
        int threads = get_num_threads();
        long parts = rows < 2 * FewestRows ? 1 : threads * ((rows + (MostRows * threads) - 1) / (MostRows * threads));
        if (parts > 1) parts = Math.Max(1, Math.Min(parts, rows / FewestRows));
        long size = (rows + parts - 1) / parts;
        KernelThreads.TakeTurns((int)parts, part =>
        {
            long first = part * size;
            if (first < rows) body(first, (int)Math.Min(size, rows - first));
        });
    }

    /// <summary>Rows of bytes with their ranges.</summary>
    private sealed class Rows : IDisposable
    {
        private readonly Tensor _bytes;
        private readonly byte* _first;
        private readonly int _count, _width;

        public Rows(int count, int width)
        {
            (_count, _width) = (count, width);
            _bytes = empty([count, width], ScalarType.Byte);
            _first = (byte*)Dispatcher.Data(_bytes);
            Ranges = (Range*)NativeMemory.Alloc((nuint)count, (nuint)sizeof(Range));
        }

        public Range* Ranges { get; }

        public byte* At(int row) => _first + ((long)row * _width);

        public void Round(float* x)
        {
            for (int row = 0; row < _count; row++) Ranges[row] = Int8Kernels.RoundRow(x + ((long)row * _width), At(row), _width);
        }

        public Dispatcher.NativeTensor Multiply(Int8Weight weight) =>
            Dispatcher.Int8Product(_bytes, weight.One, weight.Zero, weight.Packed, weight.Scales, weight.Zeros);

        public void MultiplyInto(Side side, float* to)
        {
            using Dispatcher.NativeTensor product = Multiply(side.Weight);
            int width = side.Weight.Outputs;
            float* values = product.Data, sums = side.Sums, bias = side.Added;
            for (int row = 0; row < _count; row++)
            {
                long at = (long)row * width;
                Int8Kernels.RescaleRow(values + at, Ranges[row], sums, bias, to + at, width);
            }
        }

        public void Dispose()
        {
            _bytes.Dispose();
            NativeMemory.Free(Ranges);
        }
    }
}
