using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Native;

/// <summary>
/// Typed calls of operators the binding lacks, through libtorch's dispatcher. Arguments are 64-bit stack values: handles the callee takes
/// over, bits of numbers, pointers to optional values. <c>Scalar</c> arguments are not expressible there.
/// </summary>
internal static unsafe class Dispatcher
{
    /// <summary>mkldnn::_reorder_linear_weight: a weight [out, in] in oneDNN's own blocked order for inputs of so many rows.</summary>
    public static Tensor ReorderLinearWeight(Tensor weight, long rows)
    {
        ulong* stack = stackalloc ulong[2];
        stack[0] = Own(weight);
        stack[1] = Optional((ulong)rows);
        Check(
            NativeMethods.torch_call_dispatcher("mkldnn::_reorder_linear_weight", "", stack, NativeMethods.StableVersion),
            "mkldnn::_reorder_linear_weight"
        );
        return Wrap((nint)stack[0]);
    }

    /// <summary>oneDNN's x·Wᵀ + b; the weight plain or from <see cref="ReorderLinearWeight"/>. No gradient.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out] or null.</param>
    /// <param name="attribute">What is fused behind: "none", "relu", "gelu".</param>
    /// <param name="algorithm">The variant: "none" (erf) or "tanh" for "gelu".</param>
    public static Tensor LinearPointwise(Tensor x, Tensor weight, Tensor? bias, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> algorithm)
    {
        nint result, biasHandle = bias?.Handle ?? 0;
        fixed (byte* attributeText = attribute)
        fixed (byte* algorithmText = algorithm)
        {
            byte* variant = algorithmText;
            using BlockedSignals blocked = BlockedSignals.OfThisThread();
            int status = NativeMethods.aoti_torch_cpu__linear_pointwise(
                x.Handle,
                weight.Handle,
                bias is null ? null : &biasHandle,
                attributeText,
                null,
                0,
                algorithmText is null ? null : &variant,
                &result
            );
            Check(status, "mkldnn::_linear_pointwise");
        }

        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        return Wrap(result);
    }

    /// <summary>onednn::qlinear_prepack: a weight of 8 bits, [out, in], in oneDNN's own blocked order.</summary>
    public static Tensor PrepackInt8Weight(Tensor weight)
    {
        ulong* stack = stackalloc ulong[2];
        stack[0] = Own(weight);
        stack[1] = 0; // no shape of x
        Check(
            NativeMethods.torch_call_dispatcher("onednn::qlinear_prepack", "", stack, NativeMethods.StableVersion),
            "onednn::qlinear_prepack"
        );
        return Wrap((nint)stack[0]);
    }

    /// <summary>oneDNN's product of 8 bits: (x·Wᵀ) times a scale a column, in fp32. No gradient.</summary>
    /// <param name="x">[rows, in], bytes without sign.</param>
    /// <param name="one">A scalar 1 (what x is multiplied by).</param>
    /// <param name="zero">A scalar 0 (what x has as its zero), int64.</param>
    /// <param name="weight">From <see cref="PrepackInt8Weight"/>.</param>
    /// <param name="scales">[out], fp32.</param>
    /// <param name="zeros">[out], int64.</param>
    public static NativeTensor Int8Product(Tensor x, Tensor one, Tensor zero, Tensor weight, Tensor scales, Tensor zeros)
    {
        const int fp32 = 6; // ScalarType
        nint result;
        int type = fp32;
        fixed (byte* none = "none"u8)
        {
            using BlockedSignals blocked = BlockedSignals.OfThisThread();
            int status = NativeMethods.aoti_torch_cpu__qlinear_pointwise_tensor(
                x.Handle,
                one.Handle,
                zero.Handle,
                weight.Handle,
                scales.Handle,
                zeros.Handle,
                null,
                1,
                0,
                &type,
                none,
                null,
                0,
                none,
                &result
            );
            Check(status, "onednn::qlinear_pointwise");
        }

        GC.KeepAlive(x);
        return new NativeTensor(result);
    }

    /// <summary>The address of a tensor's first value.</summary>
    public static float* Data(Tensor tensor)
    {
        void* pointer;
        Check(NativeMethods.aoti_torch_get_data_ptr(tensor.Handle, &pointer), "aoti_torch_get_data_ptr");
        return (float*)pointer;
    }

    /// <summary>A tensor that the binding never sees: nothing registers it, and any thread may release it.</summary>
    internal readonly ref struct NativeTensor(nint handle)
    {
        /// <summary>The address of the first value.</summary>
        public float* Data
        {
            get
            {
                void* pointer;
                Check(NativeMethods.aoti_torch_get_data_ptr(handle, &pointer), "aoti_torch_get_data_ptr");
                return (float*)pointer;
            }
        }

        /// <summary>Releases it.</summary>
        public void Dispose() => Check(NativeMethods.aoti_torch_delete_tensor_object(handle), "aoti_torch_delete_tensor_object");
    }

    /// <summary>Throws where a native call failed; libtorch has then written its reason to stderr.</summary>
    public static void Check(int status, string operation)
    {
        if (status != 0) throw new InvalidOperationException($"libtorch refused {operation}");
    }

    /// <summary>A second reference to the same tensor, history included.</summary>
    public static Tensor Reference(Tensor tensor) => Wrap((nint)Own(tensor));

    /// <summary>A tensor of the binding around a handle that is ours to release.</summary>
    private static Tensor Wrap(nint handle) => Tensor.UnsafeCreateTensor(handle);

    /// <summary>A second reference for a callee that takes over what it is given.</summary>
    private static ulong Own(Tensor tensor)
    {
        nint copy;
        Check(NativeMethods.aoti_torch_new_tensor_handle(tensor.Handle, &copy), "aoti_torch_new_tensor_handle");
        return (ulong)copy;
    }

    /// <summary>An optional value that is there: the callee deletes the cell.</summary>
    private static ulong Optional(ulong value)
    {
        ulong* cell = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *cell = value;
        return (ulong)cell;
    }
}
