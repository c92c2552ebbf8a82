using System.Runtime.Intrinsics.X86;

namespace Graft.Torch.Native;

/// <summary>What the kernels ask of the processor beyond its instructions.</summary>
internal static class Processor
{
    private const int AuthenticAmdB = 0x68747541, AuthenticAmdC = 0x444d4163, AuthenticAmdD = 0x69746e65; // "Auth", "cAMD", "enti"

    /// <summary>AMD's: Zen and its successors.</summary>
    public static readonly bool IsAmd = X86Base.IsSupported && X86Base.CpuId(0, 0) is (_, AuthenticAmdB, AuthenticAmdC, AuthenticAmdD);
}
