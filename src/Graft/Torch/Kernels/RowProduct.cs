using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Graft.Torch.Kernels;

/// <summary>
/// One row times a matrix, without gradient: what writing text token by token consists of. Every value of the matrix is read once, so
/// memory is the bound; libtorch's libraries reach half of it where the matrix lies the wrong way round for them.
/// </summary>
internal static unsafe class RowProduct
{
    private const long Grain = 1 << 15; // values of the matrix worth a thread
    private const int Parts = 8;
    private const int Stride = 32; // values: two cache lines
    [ThreadStatic]
    private static float[]? s_sums; // kept: a fresh block for each product would be cold in every cache

    // In values; as measured on a Zen 5, a Zen 3 and an Emerald Rapids.
    private static readonly int s_ahead = !Processor.IsAmd ? 512 : Vector512.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Whether the kernel is for this product.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in], or the transposed view of [in, out].</param>
    public static bool Applies(Tensor x, Tensor weight) =>
        x.numel() == weight.size(1)
        && x.dtype == ScalarType.Float32
        && x.is_contiguous()
        && weight.dtype == ScalarType.Float32
        && (weight.is_contiguous() || IsTransposed(weight));

    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="x">[1, …, in].</param>
    /// <param name="weight">As <see cref="Applies"/> allows.</param>
    /// <param name="bias">[out] or null.</param>
    /// <returns>[1, …, out].</returns>
    public static Tensor Run(Tensor x, Tensor weight, Tensor? bias)
    {
        (int inputs, int outputs) = ((int)weight.size(1), (int)weight.size(0));
        long[] shape = new long[x.dim()]; // one row: every leading size is 1
        Array.Fill(shape, 1);
        shape[^1] = outputs;
        Tensor product = empty(shape);
        float* row = Dispatcher.Data(x), matrix = Dispatcher.Data(weight), result = Dispatcher.Data(product);
        Span<float> sums = new(result, outputs);
        if (bias is null) sums.Clear();
        else new ReadOnlySpan<float>(Dispatcher.Data(bias.is_contiguous() ? bias : bias.contiguous()), outputs).CopyTo(sums);
        if (IsTransposed(weight)) AddRows(row, matrix, result, inputs, outputs);
        else
        {
            int width = Math.Max(1, (int)Math.Max(Grain / inputs, outputs / (4 * Parts))),
                parts = (outputs + width - 1) / width;
            KernelThreads.TakeTurns(parts, part =>
                AddDots(row, matrix, result, inputs, part * width, Math.Min(outputs, (part + 1) * width))
            );
        }

        return product;
    }

    private static bool IsTransposed(Tensor weight) => weight.stride(0) == 1 && weight.size(0) > 1 && weight.stride(1) == weight.size(0);

    /// <summary>The matrix lies [out, in]: an output is a scalar product.</summary>
    private static void AddDots(float* row, float* matrix, float* result, int inputs, int begin, int end)
    {
        for (int output = begin; output < end; output++) result[output] += Dot(row, matrix + ((long)output * inputs), inputs);
    }

    /// <summary>
    /// The matrix lies [in, out]: its rows are added up, each times one input. Every part of the inputs has sums of its own, so that each
    /// thread reads one stretch of memory from end to end, row after row: processors look ahead along one stretch, not along several, and
    /// the sums stay in the first cache. Parts are added in order, whatever the number of threads.
    /// </summary>
    private static void AddRows(float* row, float* matrix, float* result, int inputs, int outputs)
    {
        int parts = (int)Math.Clamp((long)inputs * outputs / Grain, 1, Parts), width = (inputs + parts - 1) / parts;
        float* first = Sums((long)parts * outputs);
        KernelThreads.TakeTurns(parts, part =>
        {
            float* own = first + ((long)part * outputs);
            new Span<float>(own, outputs).Clear();
            int last = Math.Min((part + 1) * width, inputs);
            for (int input = part * width; input < last; input++) AddRow(row[input], matrix + ((long)input * outputs), own, outputs);
        });
        Span<float> total = new(result, outputs);
        for (int part = 0; part < parts; part++)
            TensorPrimitives.Add(total, new ReadOnlySpan<float>(first + ((long)part * outputs), outputs), total);
    }

    /// <summary>Room for so many values, aligned, of this thread.</summary>
    private static float* Sums(long count)
    {
        const int line = 64 / sizeof(float);
        if (s_sums is null || s_sums.Length < count + line) s_sums = GC.AllocateUninitializedArray<float>((int)count + line, pinned: true);
        return (float*)(((nint)Unsafe.AsPointer(ref s_sums[0]) + 63) & ~63);
    }

    /// <summary>sums += factor · row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float factor, float* row, float* sums, int count)
    {
        int i = 0;
        Vector256<float> wide = Vector256.Create(factor);
        for (; i + Stride <= count; i += Stride)
        {
            float* from = row + i, to = sums + i;
            AskFor(from + s_ahead);
            Vector256<float> first = Vector256.FusedMultiplyAdd(Vector256.Load(from), wide, Vector256.Load(to));
            Vector256<float> second = Vector256.FusedMultiplyAdd(Vector256.Load(from + 8), wide, Vector256.Load(to + 8));
            Vector256<float> third = Vector256.FusedMultiplyAdd(Vector256.Load(from + 16), wide, Vector256.Load(to + 16));
            Vector256<float> fourth = Vector256.FusedMultiplyAdd(Vector256.Load(from + 24), wide, Vector256.Load(to + 24));
            first.Store(to);
            second.Store(to + 8);
            third.Store(to + 16);
            fourth.Store(to + 24);
        }

        for (; i + 8 <= count; i += 8) Vector256.FusedMultiplyAdd(Vector256.Load(row + i), wide, Vector256.Load(sums + i)).Store(sums + i);
        for (; i < count; i++) sums[i] = MathF.FusedMultiplyAdd(row[i], factor, sums[i]);
    }

    /// <summary>x · row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* x, float* row, int count)
    {
        int i = 0;
        Vector256<float> first = default, second = default, third = default, fourth = default;
        for (; i + Stride <= count; i += Stride)
        {
            float* from = row + i, by = x + i;
            AskFor(from + s_ahead);
            first = Vector256.FusedMultiplyAdd(Vector256.Load(from), Vector256.Load(by), first);
            second = Vector256.FusedMultiplyAdd(Vector256.Load(from + 8), Vector256.Load(by + 8), second);
            third = Vector256.FusedMultiplyAdd(Vector256.Load(from + 16), Vector256.Load(by + 16), third);
            fourth = Vector256.FusedMultiplyAdd(Vector256.Load(from + 24), Vector256.Load(by + 24), fourth);
        }

        Vector256<float> sum = (first + second) + (third + fourth);
        for (; i + 8 <= count; i += 8) sum = Vector256.FusedMultiplyAdd(Vector256.Load(row + i), Vector256.Load(x + i), sum);
        float total = Vector256.Sum(sum);
        for (; i < count; i++) total = MathF.FusedMultiplyAdd(row[i], x[i], total);
        return total;
    }

    /// <summary>
    /// Asking ahead goes on where a page of 4 KB ends, which the processor's own looking ahead does not. AMD's processors are told that the
    /// values will not be needed again; Intel's would then leave out the second cache, whose requests reach the memory's full rate.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskFor(float* values)
    {
        if (!Sse.IsSupported) return;
        if (Processor.IsAmd)
        {
            Sse.PrefetchNonTemporal(values);
            Sse.PrefetchNonTemporal(values + 16);
        }
        else
        {
            Sse.Prefetch1(values);
            Sse.Prefetch1(values + 16);
        }
    }
}
