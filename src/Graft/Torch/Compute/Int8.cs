using System.Runtime.Intrinsics.X86;

namespace Graft.Torch.Compute;

/// <summary>Whether this processor multiplies matrices of 8 bits faster than those of fp32, and without saturation.</summary>
internal static class Int8
{
    private const int Features = 7;
    private const int Avx512Vnni = 1 << 11; // CPUID leaf 7, subleaf 0, ECX
    private const int AmxInt8 = 1 << 25; // CPUID leaf 7, subleaf 0, EDX
    private const int AvxVnni = 1 << 4; // CPUID leaf 7, subleaf 1, EAX

    /// <summary>
    /// Products of 8 bits with sums of 32 bits in one instruction: AVX-512's, AVX's, or AMX. Older instructions saturate at 16 bits.
    /// </summary>
    public static bool IsFast { get; } = X86Base.IsSupported && Avx2.IsSupported
        && ((Avx512F.IsSupported && (X86Base.CpuId(Features, 0).Ecx & Avx512Vnni) != 0)
            || (Avx512F.IsSupported && (X86Base.CpuId(Features, 0).Edx & AmxInt8) != 0)
            || (X86Base.CpuId(Features, 1).Eax & AvxVnni) != 0);

    /// <summary>What there is instead, for messages.</summary>
    public static string Found => Avx512F.IsSupported ? "AVX-512 without them" : Avx2.IsSupported ? "AVX2" : "neither AVX-512 nor AVX2";

    /// <summary>Refuses products of 8 bits where they would not be faster.</summary>
    /// <exception cref="InputException">The processor has no such instructions.</exception>
    public static void Require()
    {
        if (!IsFast)
            throw new InputException(
                "precision",
                "int8",
                $"fp32: this processor has no fast products of 8 bits (it needs AVX-512 VNNI, AVX-VNNI or AMX; found {Found})"
            );
    }
}
