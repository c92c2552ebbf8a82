using System.Runtime.InteropServices;

namespace Graft.Torch;

/// <summary>
/// What libtorch exports with C linkage beyond the binding (torch/csrc/stable/c/shim.h, torch/csrc/inductor/aoti_torch/c/shim.h), and the
/// C library's allocator switch. A tensor handle is a pointer to an <c>at::Tensor</c>, which is what <c>Tensor.Handle</c> holds.
/// </summary>
internal static unsafe partial class NativeMethods
{
    private const string LibTorch = "torch_cpu";

    /// <summary>The version of the stable interface the stack values are laid out for: 2.10.0.</summary>
    public const ulong StableVersion = (2ul << 56) | (10ul << 48);

    [LibraryImport(LibTorch, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int torch_call_dispatcher(string operation, string overload, ulong* stack, ulong version);

    [LibraryImport(LibTorch)]
    public static partial int torch_new_list_reserve_size(nuint size, nint* list);

    [LibraryImport(LibTorch)]
    public static partial int torch_list_push_back(nint list, ulong value);

    [LibraryImport(LibTorch)]
    public static partial int torch_parallel_for(long begin, long end, long grain, delegate* unmanaged<long, long, void*, void> body, void* context);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_new_tensor_handle(nint tensor, nint* copy);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_delete_tensor_object(nint tensor);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_get_data_ptr(nint tensor, void** pointer);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_cpu__linear_pointwise(
        nint x, nint weight, nint* bias, byte* attribute, double** scalars, long count, byte** algorithm, nint* result);

    [LibraryImport(LibTorch)]
    public static partial void sgemm_(
        byte* transA, byte* transB, int* m, int* n, int* k, float* alpha, float* a, int* lda, float* b, int* ldb, float* beta, float* c, int* ldc);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    public static partial int SetAllocatorOption(int option, int value);
}
