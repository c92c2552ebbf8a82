using System.Runtime.InteropServices;

namespace Graft.Torch.Native;

/// <summary>
/// What libtorch exports with C linkage beyond the binding (torch/csrc/stable/c/shim.h, torch/csrc/inductor/aoti_torch/c/shim.h), and the
/// C library's switches. A tensor handle is a pointer to an <c>at::Tensor</c>, which is what <c>Tensor.Handle</c> holds. The THSAutograd
/// functions are the native half of the binding's own <c>torch.autograd.Function</c>
/// (TorchSharp 0.107): see <c>Autograd/GradientNode</c> for why they are called directly.
/// </summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>MKL's own name for the threads that the calling thread may use.</summary>
    public const string MklThreads = "MKL_Set_Num_Threads_Local";

    private const string LibTorch = "torch_cpu", Binding = "LibTorchSharp";

    /// <summary>The version of the stable interface the stack values are laid out for: 2.10.0.</summary>
    public const ulong StableVersion = (2ul << 56) | (10ul << 48);

    [LibraryImport(LibTorch, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int torch_call_dispatcher(string operation, string overload, ulong* stack, ulong version);

    [LibraryImport(LibTorch)]
    public static partial int torch_parallel_for(
        long begin,
        long end,
        long grain,
        delegate* unmanaged<long, long, void*, void> body,
        void* context
    );

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_new_tensor_handle(nint tensor, nint* copy);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_get_data_ptr(nint tensor, void** pointer);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_cpu__linear_pointwise(
        nint x, nint weight, nint* bias, byte* attribute, double** scalars, long count, byte** algorithm, nint* result);

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_cpu__qlinear_pointwise_tensor(
        nint x,
        nint scale,
        nint zeroPoint,
        nint weight,
        nint weightScales,
        nint weightZeroPoints,
        nint* bias,
        double outputScale,
        long outputZeroPoint,
        int* outputType,
        byte* attribute,
        double** scalars,
        long count,
        byte* algorithm,
        nint* result
    );

    [LibraryImport(LibTorch)]
    public static partial int aoti_torch_delete_tensor_object(nint tensor);

    [LibraryImport(LibTorch)]
    public static partial void sgemm_(
        byte* transA,
        byte* transB,
        int* m,
        int* n,
        int* k,
        float* alpha,
        float* a,
        int* lda,
        float* b,
        int* ldb,
        float* beta,
        float* c,
        int* ldc
    );

    [LibraryImport(LibTorch, EntryPoint = MklThreads)]
    public static partial int MklSetThreadsHere(int threads);

    [LibraryImport(Binding)]
    public static partial NodePointers THSAutograd_CSharpNode_ctor(nint apply, nint deleted);

    [LibraryImport(Binding)]
    public static partial void THSAutograd_CSharpNode_disposeSharedPtr(NodePointers node);

    [LibraryImport(Binding)]
    public static partial void THSAutograd_CSharpNode_disposeWeakPtr(NodePointers node);

    [LibraryImport(Binding)]
    public static partial void THSAutograd_CSharpNode_setNextEdges(NodePointers node, TensorList inputs, byte recorded);

    [LibraryImport(Binding)]
    public static partial void THSAutograd_CSharpNode_clearInputMetadata(NodePointers node);

    [LibraryImport(Binding)]
    public static partial void THSAutograd_Function_wrapOutputs(
        TensorList inputs,
        TensorList notDifferentiable,
        TensorList changed,
        TensorList outputs,
        NodePointers node,
        delegate* unmanaged<nuint, nint*> allocate
    );

    [LibraryImport("libc", EntryPoint = "mallopt")]
    public static partial int SetAllocatorOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetNativeEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SetSignalMask(int how, ulong* signals, ulong* before);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void EndProcess(int code);

    /// <summary>A node of the autograd graph: addresses of a shared and a weak pointer to it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct NodePointers
    {
        /// <summary>Keeps the node alive until the graph does.</summary>
        public nint Shared;

        /// <summary>Refers to it afterwards.</summary>
        public nint Weak;
    }

    /// <summary>An array of tensor handles.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TensorList
    {
        /// <summary>The first handle.</summary>
        public nint* Handles;

        /// <summary>How many.</summary>
        public long Count;
    }
}
