using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>Whether the kernels of this namespace are for some tensors; libtorch's own operations take the others.</summary>
internal static class OwnKernels
{
    /// <summary>The values that are worth a thread.</summary>
    public const long Grain = 1 << 14;

    /// <summary>True where the managed kernels apply: fp32 on the CPU.</summary>
    public static bool Apply(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (Tensor? tensor in tensors)
        {
            if (tensor is not null && (tensor.dtype != ScalarType.Float32 || tensor.device_type != DeviceType.CPU)) return false;
        }

        return true;
    }
}
