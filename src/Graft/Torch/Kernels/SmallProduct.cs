using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Graft.Torch.Native;

namespace Graft.Torch.Kernels;

/// <summary>
/// Products of small row-major matrices inside a kernel, on the calling thread: MKL's sgemm, where libtorch exports it (x86 Linux).
/// Row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ, hence the order of arguments.
/// </summary>
internal static unsafe class SmallProduct
{
    private const byte Plain = (byte)'N', Transposed = (byte)'T';

    /// <summary>True where the library is there.</summary>
    public static bool IsAvailable { get; } =
        NativeLibrary.TryLoad("torch_cpu", typeof(SmallProduct).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "sgemm_", out _)
        && NativeLibrary.TryGetExport(library, NativeMethods.MklThreads, out _);

    /// <summary>
    /// Tells the library that the calling thread works alone until the answer is given back. Without it the library opens a parallel region
    /// of one thread for every product, with a system call at its end.
    /// </summary>
    /// <param name="threads">1, or what an earlier call answered.</param>
    /// <returns>What held before.</returns>
    public static int SetThreadsHere(int threads) => NativeMethods.MklSetThreadsHere(threads);

    /// <summary>c [m, n] = alpha · a [m, k] · b [n, k]ᵀ.</summary>
    public static void TimesTransposed(
        int m,
        int n,
        int k,
        float alpha,
        float* a,
        int strideA,
        float* b,
        int strideB,
        float* c,
        int strideC
    )
    {
        if (m == 1) RowTimesTransposed(n, k, alpha, a, b, strideB, c);
        else Call(Transposed, Plain, n, m, k, alpha, b, strideB, a, strideA, 0, c, strideC);
    }

    /// <summary>c [m, n] = alpha · a [m, k] · b [k, n].</summary>
    public static void Times(int m, int n, int k, float alpha, float* a, int strideA, float* b, int strideB, float* c, int strideC)
    {
        if (m == 1) RowTimes(n, k, alpha, a, b, strideB, c);
        else Call(Plain, Plain, n, m, k, alpha, b, strideB, a, strideA, 0, c, strideC);
    }

    /// <summary>c [m, n] += alpha · a [k, m]ᵀ · b [k, n].</summary>
    public static void AddTransposedTimes(
        int m,
        int n,
        int k,
        float alpha,
        float* a,
        int strideA,
        float* b,
        int strideB,
        float* c,
        int strideC
    ) => Call(Plain, Transposed, n, m, k, alpha, b, strideB, a, strideA, 1, c, strideC);

    // One row, as in writing text token by token: the library would first copy the matrix into the order it likes.
    private static void RowTimesTransposed(int n, int k, float alpha, float* a, float* b, int strideB, float* c)
    {
        for (int j = 0; j < n; j++) c[j] = alpha * SoftmaxKernels.Dot(a, b + ((long)j * strideB), k);
    }

    private static void RowTimes(int n, int k, float alpha, float* a, float* b, int strideB, float* c)
    {
        Span<float> row = new(c, n);
        row.Clear();
        for (int i = 0; i < k; i++)
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(b + ((long)i * strideB), n), alpha * a[i], row, row);
    }

    private static void Call(
        byte transA,
        byte transB,
        int m,
        int n,
        int k,
        float alpha,
        float* a,
        int strideA,
        float* b,
        int strideB,
        float beta,
        float* c,
        int strideC
    )
    {
        if (m > 0 && n > 0) NativeMethods.sgemm_(&transA, &transB, &m, &n, &k, &alpha, a, &strideA, b, &strideB, &beta, c, &strideC);
    }
}
