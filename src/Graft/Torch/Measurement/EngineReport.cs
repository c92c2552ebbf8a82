using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Graft.Torch.Compute;
using Graft.Torch.Native;

namespace Graft.Torch.Measurement;

/// <summary>What the machine has, for <c>graft doctor</c>. Nothing here loads libtorch except <see cref="Probe"/>.</summary>
/// <param name="Runtime">.NET's version.</param>
/// <param name="System">Operating system and architecture.</param>
/// <param name="Processors">Logical processors this process may use.</param>
/// <param name="VectorInstructions">The widest vector instructions the kernels use.</param>
/// <param name="MemoryBytes">Memory available to the process.</param>
/// <param name="Library">Path of libtorch beside the program; null where it is missing.</param>
/// <param name="LibraryVersion">The binding's version.</param>
/// <param name="Patch">What is known of the native binding's need for a newer C++ library.</param>
public sealed record EngineReport(
    string Runtime,
    string System,
    int Processors,
    string VectorInstructions,
    long MemoryBytes,
    string? Library,
    string LibraryVersion,
    string Patch
)
{
    /// <summary>Reads what can be read without loading libtorch: some milliseconds.</summary>
    public static EngineReport Read()
    {
        string? path = NativeFiles.Find(NativeFiles.LibTorch), native = NativeFiles.Find(NativeFiles.Binding);
        return new EngineReport(
            RuntimeInformation.FrameworkDescription,
            $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})",
            Environment.ProcessorCount,
            Vectors(),
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            path,
            typeof(TorchSharp.torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            native is null ? $"{NativeFiles.Binding} is missing" : PatchState(native));
    }

    /// <summary>Loads libtorch and measures its products.</summary>
    public static EngineProbe Probe()
    {
        Engine.Start();
        return new EngineProbe(
            ComputeContext.Current.ResolvedThreads,
            PeakRate.Measure(),
            PeakRate.MeasureBf16(),
            ComputeContext.Current.ResolvedLibrary,
            TorchSharp.torch.cuda_is_available() ? TorchSharp.torch.cuda.device_count() : 0
        );
    }

    private static string PatchState(string path)
    {
        if (!OperatingSystem.IsLinux()) return "not needed here";
        // The name, with its final zero, stands in the dynamic string table where the binding still asks for it
        // (docs/decisions/0001-native-patch.md).
        bool asks = File.ReadAllBytes(path).AsSpan().IndexOf("\0_ZSt21ios_base_library_initv\0"u8) >= 0;
        return asks ? "not patched: needs GLIBCXX_3.4.32" : "patched: loads with older C++ libraries";
    }

    private static string Vectors()
    {
        if (Vector512.IsHardwareAccelerated) return Avx512BW.IsSupported ? "AVX-512" : "512 bits";
        if (Avx2.IsSupported) return Fma.IsSupported ? "AVX2 + FMA" : "AVX2";
        return Vector256.IsHardwareAccelerated ? "256 bits" : Vector128.IsHardwareAccelerated ? "128 bits" : "none";
    }
}

/// <summary>What libtorch does on this machine.</summary>
/// <param name="Threads">Threads in use.</param>
/// <param name="Peak">The fastest fp32 products.</param>
/// <param name="Bf16Gflops">Products of bfloat16 operands, 10⁹ operations a second; null where the processor has none.</param>
/// <param name="Chosen">The library training multiplies with.</param>
/// <param name="CudaDevices">CUDA devices.</param>
public sealed record EngineProbe(int Threads, PeakRate Peak, double? Bf16Gflops, MatrixLibrary Chosen, int CudaDevices);
