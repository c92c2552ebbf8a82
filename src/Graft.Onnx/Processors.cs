using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Onnx;

/// <summary>
/// Whether this processor adds products of 8 bits exactly. Without such instructions (VNNI) an x86 processor adds two of them in 16 bits,
/// where they may overflow: files of 8-bit weights then answer wrongly now and then.
/// </summary>
internal static class Processors
{
    /// <summary>True where sums are exact.</summary>
    public static bool MultipliesWholeNumbers()
    {
        if (AdvSimd.IsSupported || !X86Base.IsSupported) return true;
        (int most, _, _, _) = X86Base.CpuId(0, 0);
        if (most < 7) return false;
        (int subleaves, _, int ecx, _) = X86Base.CpuId(7, 0);
        const int avx512Vnni = 1 << 11, avxVnni = 1 << 4;
        if ((ecx & avx512Vnni) != 0 && Avx512F.IsSupported) return true;
        return subleaves >= 1 && (X86Base.CpuId(7, 1).Eax & avxVnni) != 0;
    }

    public static string Warning(string folder) =>
        $"{folder}: weights of 8 bits on a processor without VNNI, where sums of products may overflow: answers may be wrong now and "
            + $"then; export with `precision` fp32 for this machine";
}
