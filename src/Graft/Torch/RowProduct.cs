using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Graft.Torch;

/// <summary>
/// One row times a matrix, without gradient: what writing text token by token consists of. Every value of the matrix is read once, so memory
/// is the bound; libtorch's libraries reach half of it where the matrix lies the wrong way round for them.
/// </summary>
internal static unsafe class RowProduct
{
    private const long Grain = 1 << 15; // values of the matrix worth a thread
    private const int Parts = 8;
    private const int CacheLine = 16; // values

    /// <summary>Whether the kernel is for this product.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in], or the transposed view of [in, out].</param>
    public static bool Applies(Tensor x, Tensor weight) =>
        x.numel() == weight.size(1) && x.dtype == ScalarType.Float32 && x.is_contiguous() && weight.dtype == ScalarType.Float32 && (weight.is_contiguous() || IsTransposed(weight));

    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="x">[1, …, in].</param>
    /// <param name="weight">As <see cref="Applies"/> allows.</param>
    /// <param name="bias">[out] or null.</param>
    /// <returns>[1, …, out].</returns>
    public static Tensor Run(Tensor x, Tensor weight, Tensor? bias)
    {
        (int inputs, int outputs) = ((int)weight.size(1), (int)weight.size(0));
        Tensor product = empty([.. x.shape[..^1], outputs]);
        float* row = Dispatcher.Data(x), matrix = Dispatcher.Data(weight), result = Dispatcher.Data(product);
        Span<float> sums = new(result, outputs);
        if (bias is null) sums.Clear();
        else new ReadOnlySpan<float>(Dispatcher.Data(bias.is_contiguous() ? bias : bias.contiguous()), outputs).CopyTo(sums);
        if (IsTransposed(weight)) AddRows(row, matrix, result, inputs, outputs);
        else
        {
            int width = Math.Max(1, (int)Math.Max(Grain / inputs, outputs / (4 * Parts))), parts = (outputs + width - 1) / width;
            Parallel.TakeTurns(parts, part => AddDots(row, matrix, result, inputs, part * width, Math.Min(outputs, (part + 1) * width)));
        }

        return product;
    }

    private static bool IsTransposed(Tensor weight) => weight.stride(0) == 1 && weight.size(0) > 1 && weight.stride(1) == weight.size(0);

    /// <summary>The matrix lies [out, in]: an output is a scalar product.</summary>
    private static void AddDots(float* row, float* matrix, float* result, int inputs, int begin, int end)
    {
        ReadOnlySpan<float> x = new(row, inputs);
        for (int output = begin; output < end; output++) result[output] += TensorPrimitives.Dot(x, new ReadOnlySpan<float>(matrix + ((long)output * inputs), inputs));
    }

    /// <summary>
    /// The matrix lies [in, out]: its rows are added up, each times one input. Every part of the inputs has sums of its own, so that each thread
    /// reads one stretch of memory from end to end; parts are added in order, whatever the number of threads.
    /// </summary>
    private static void AddRows(float* row, float* matrix, float* result, int inputs, int outputs)
    {
        int parts = (int)Math.Clamp((long)inputs * outputs / Grain, 1, Parts), width = (inputs + parts - 1) / parts;
        float[] sums = ArrayPool<float>.Shared.Rent(parts * outputs);
        Parallel.TakeTurns(parts, part =>
        {
            Span<float> own = sums.AsSpan(part * outputs, outputs);
            own.Clear();
            int input = part * width, last = Math.Min(input + width, inputs);
            for (; input + 4 <= last; input += 4) AddFour(row + input, matrix + ((long)input * outputs), own);
            for (; input < last; input++) TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(matrix + ((long)input * outputs), outputs), row[input], own, own);
        });
        Span<float> total = new(result, outputs);
        for (int part = 0; part < parts; part++) TensorPrimitives.Add(total, sums.AsSpan(part * outputs, outputs), total);
        ArrayPool<float>.Shared.Return(sums);
    }

    /// <summary>
    /// Four rows at once: sums go through the cache a fourth as often. The next four are asked for meanwhile: processors look ahead within a page
    /// of 4 KB only, and every row begins others.
    /// </summary>
    private static void AddFour(float* x, float* rows, Span<float> sums)
    {
        int count = sums.Length, i = 0;
        float* second = rows + count, third = second + count, fourth = third + count;
        Vector256<float> a = Vector256.Create(x[0]), b = Vector256.Create(x[1]), c = Vector256.Create(x[2]), d = Vector256.Create(x[3]);
        fixed (float* sum = sums)
        {
            for (; i + 8 <= count; i += 8)
            {
                if (Sse.IsSupported && i % CacheLine == 0)
                {
                    float* next = rows + (4 * (long)count) + i;
                    Sse.Prefetch1(next);
                    Sse.Prefetch1(next + count);
                    Sse.Prefetch1(next + (2 * (long)count));
                    Sse.Prefetch1(next + (3 * (long)count));
                }

                Vector256<float> first = Vector256.FusedMultiplyAdd(Vector256.Load(rows + i), a, Vector256.Load(sum + i));
                first = Vector256.FusedMultiplyAdd(Vector256.Load(second + i), b, first);
                first = Vector256.FusedMultiplyAdd(Vector256.Load(third + i), c, first);
                Vector256.FusedMultiplyAdd(Vector256.Load(fourth + i), d, first).Store(sum + i);
            }
        }

        for (; i < count; i++) sums[i] += (x[0] * rows[i]) + (x[1] * second[i]) + (x[2] * third[i]) + (x[3] * fourth[i]);
    }
}
