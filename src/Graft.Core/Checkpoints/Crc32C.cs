using System.Buffers.Binary;
using System.Numerics;

namespace Graft.Checkpoints;

/// <summary>CRC-32C (Castagnoli), and the masked form that TensorFlow stores.</summary>
internal static class Crc32C
{
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>The checksum of some bytes: "123456789" → 0xE3069283.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(uint.MaxValue, bytes);

    /// <summary>The checksum of a range of a file.</summary>
    public static uint Compute(MappedFile file, long offset, long count)
    {
        const int chunk = 1 << 24;
        uint state = uint.MaxValue;
        for (long done = 0; done < count; done += chunk)
            state = Append(state, file.Slice(offset + done, (int)Math.Min(chunk, count - done)));
        return ~state;
    }

    /// <summary>Undoes the rotation and offset with which TensorFlow protects checksums of data that itself holds checksums.</summary>
    public static uint Unmask(uint masked) => BitOperations.RotateLeft(unchecked(masked - MaskDelta), 15);

    private static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            state = BitOperations.Crc32C(state, value);
        return state;
    }
}
