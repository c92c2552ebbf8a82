using System.Globalization;
using static TorchSharp.torch;

namespace Graft.Torch.Compute;

/// <summary>Where is computed: the processor, or a CUDA device by its number.</summary>
/// <param name="CudaIndex">The CUDA device; null for the processor.</param>
public readonly record struct ComputeDevice(int? CudaIndex)
{
    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu => default;

    /// <summary>Reads "cpu", "cuda" or "cuda:0".</summary>
    /// <exception cref="InputException">It is none of them.</exception>
    public static ComputeDevice Parse(string name) =>
        name switch
        {
            "cpu" => Cpu,
            "cuda" => new ComputeDevice(0),
            _ when name.StartsWith("cuda:", StringComparison.Ordinal)
                    && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) => new ComputeDevice(
                index
            ),
            _ => throw new InputException("device", name, "cpu or cuda:0"),
        };

    /// <summary>
    /// Refuses what this process cannot compute on. Optimizer, dropout and attention are kernels of the processor, so no CUDA device can be
    /// used so far, not even where libtorch has one.
    /// </summary>
    /// <exception cref="InputException">A CUDA device.</exception>
    public void Require()
    {
        if (CudaIndex is null) return;
        throw new InputException("device", ToString(), cuda_is_available()
            ? "cpu: Graft's kernels compute on the processor only so far"
            : "cpu: this libtorch has no CUDA device (graft doctor lists what there is)");
    }

    /// <summary>As on the command line.</summary>
    public override string ToString() => CudaIndex is int index ? string.Create(CultureInfo.InvariantCulture, $"cuda:{index}") : "cpu";
}
