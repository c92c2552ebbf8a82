using System.Numerics;

namespace Graft.Reports.TensorBoard;

/// <summary>The checksum of TFRecord files: CRC-32C (Castagnoli), rotated and offset so that a checksum of checksums stays sound.</summary>
internal static class MaskedCrc32C
{
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>The masked checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }
}
