namespace Graft.Torch.Native;

/// <summary>
/// Keeps the system's signals (Ctrl-C, SIGTERM, SIGCONT, a resized terminal …) from the calling thread while it lives; they are taken by
/// another thread, or afterwards.
/// oneDNN's fp32 product (jit_avx512_common_gemm_f32) points the stack register into its workspace on the heap when a row is long: the
/// frame of a handler that runs meanwhile would be written over whatever lies before the workspace (docs/decisions/0003-signals.md).
/// </summary>
internal unsafe ref struct BlockedSignals
{
    private const int Words = 16; // sigset_t: 1,024 bits, on glibc and musl
    private const int Block = 0, SetMask = 2;

    // Signals 4 … 8 and 11 are the processor's own (illegal instruction, trap, abort, bus, division, page): they cannot wait.
    private const ulong Synchronous = (0b11111ul << 3) | (1ul << 10);
    private static readonly bool s_isNeeded = OperatingSystem.IsLinux();
    private fixed ulong _before[Words];

    /// <summary>Blocks them until disposed.</summary>
    public static BlockedSignals OfThisThread()
    {
        BlockedSignals blocked = default;
        if (!s_isNeeded) return blocked;
        ulong* signals = stackalloc ulong[Words];
        new Span<ulong>(signals, Words).Fill(ulong.MaxValue);
        signals[0] = ~Synchronous;
        _ = NativeMethods.SetSignalMask(Block, signals, blocked._before);
        return blocked;
    }

    /// <summary>Lets through what was let through before.</summary>
    public readonly void Dispose()
    {
        if (!s_isNeeded) return;
        fixed (ulong* before = _before) _ = NativeMethods.SetSignalMask(SetMask, before, null);
    }
}
