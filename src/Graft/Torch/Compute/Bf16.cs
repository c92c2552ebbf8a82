using System.Runtime.Intrinsics.X86;
using Graft.Torch.Native;

namespace Graft.Torch.Compute;

/// <summary>Whether this processor multiplies bfloat16 matrices faster than those of fp32.</summary>
internal static class Bf16
{
    private const int Features = 7;
    private const int Avx512Bf16 = 1 << 5; // CPUID leaf 7, subleaf 1, EAX
    private const int AmxBf16 = 1 << 22; // CPUID leaf 7, subleaf 0, EDX

    /// <summary>
    /// AMX, or avx512_bf16 on AMD's processors; both need the operating system's support of AVX-512's registers. Intel's have avx512_bf16
    /// too, but at half the rate of fp32 (an Emerald Rapids whose AMX is hidden: 170 GFLOP/s against 320).
    /// </summary>
    public static bool IsFast { get; } = X86Base.IsSupported && Avx512F.IsSupported
        && ((X86Base.CpuId(Features, 0).Edx & AmxBf16) != 0 || (Processor.IsAmd && HasVectors));

    /// <summary>The vector instructions there are, for messages.</summary>
    public static string Found => !Avx512F.IsSupported ? Avx2.IsSupported ? "AVX2" : "neither AVX-512 nor AVX2"
        : HasVectors ? "Intel's avx512_bf16, slower than fp32" : "AVX-512 without them";

    private static bool HasVectors => (X86Base.CpuId(Features, 1).Eax & Avx512Bf16) != 0;
}
