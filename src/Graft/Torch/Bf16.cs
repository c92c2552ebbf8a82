using System.Runtime.Intrinsics.X86;

namespace Graft.Torch;

/// <summary>Whether this processor multiplies bfloat16 matrices itself.</summary>
internal static class Bf16
{
    private const int Features = 7;
    private const int Avx512Bf16 = 1 << 5; // CPUID leaf 7, subleaf 1, EAX
    private const int AmxBf16 = 1 << 22; // CPUID leaf 7, subleaf 0, EDX

    /// <summary>avx512_bf16 or AMX; both need the operating system's support of AVX-512's registers.</summary>
    public static bool IsFast { get; } = X86Base.IsSupported && Avx512F.IsSupported
        && ((X86Base.CpuId(Features, 1).Eax & Avx512Bf16) != 0 || (X86Base.CpuId(Features, 0).Edx & AmxBf16) != 0);

    /// <summary>The vector instructions there are, for messages.</summary>
    public static string Found => Avx512F.IsSupported ? "AVX-512 without them" : Avx2.IsSupported ? "AVX2" : "neither AVX-512 nor AVX2";
}
