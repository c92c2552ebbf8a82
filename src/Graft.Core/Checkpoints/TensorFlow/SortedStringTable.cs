using System.Buffers.Binary;
using System.Text;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// The sorted string table that a TensorFlow checkpoint's index is (LevelDB's format): blocks of key–value pairs in the order of their
/// keys, each key stored as what differs from the one before it, each block followed by its compression and checksum; a last block lists
/// the others.
/// </summary>
internal static class SortedStringTable
{
    private const ulong Magic = 0xDB4775248B80FB57;
    private const int FooterBytes = 48, BlockTrailerBytes = 5;

    /// <summary>Keys are names of variables.</summary>
    private const int MaxKeyBytes = 4096;

    /// <summary>Room for the index of any model: an entry has some dozens of bytes.</summary>
    private const long MaxBytes = 64L << 20;

    /// <summary>The table's pairs in order; values lie in the file.</summary>
    public static List<(string Key, Range Value)> Read(MappedFile file)
    {
        if (file.Length < FooterBytes)
            throw new CheckpointException(
                file.FilePath,
                Invariant($"has {file.Length} bytes: too short for a TensorFlow checkpoint index")
            );
        if (file.Length > MaxBytes)
            throw new CheckpointException(file.FilePath, Invariant($"has {file.Length} bytes: too long for a TensorFlow checkpoint index"));
        ReadOnlySpan<byte> footer = file.Slice(file.Length - FooterBytes, FooterBytes);
        if (BinaryPrimitives.ReadUInt64LittleEndian(footer[^sizeof(ulong)..]) != Magic)
            throw new CheckpointException(
                file.FilePath,
                "does not end as a TensorFlow checkpoint index does: another format, or cut short"
            );
        _ = ReadHandle(file, ref footer);
        List<(string Key, Range Value)> pairs = [];
        foreach ((_, Range handle) in ReadBlock(file, ReadHandle(file, ref footer)))
        {
            ReadOnlySpan<byte> encoded = file.Slice(handle.Start.Value, handle.End.Value - handle.Start.Value);
            pairs.AddRange(ReadBlock(file, ReadHandle(file, ref encoded)));
            // Blocks do not overlap, so their pairs cannot outnumber the bytes of the file.
            if (pairs.Count > file.Length) throw new CheckpointException(file.FilePath, "lists a block of its index twice");
        }

        return pairs;
    }

    /// <summary>Where a block lies: its offset and its length without the trailer.</summary>
    private static Range ReadHandle(MappedFile file, ref ReadOnlySpan<byte> encoded)
    {
        if (
            !ProtoReader.TryReadVarint(ref encoded, out ulong offset)
            || !ProtoReader.TryReadVarint(ref encoded, out ulong length)
            || offset > (ulong)file.Length
            || length > (ulong)file.Length - offset
            || (ulong)file.Length - offset - length < BlockTrailerBytes
        )
            throw new CheckpointException(file.FilePath, "has a block of its index outside the file: it is cut short or damaged");
        return (int)offset..(int)(offset + length);
    }

    private static List<(string Key, Range Value)> ReadBlock(MappedFile file, Range range)
    {
        int start = range.Start.Value, length = range.End.Value - start;
        CheckTrailer(file, file.Slice(start, length + BlockTrailerBytes), length);
        ReadOnlySpan<byte> block = file.Slice(start, length);
        // The block ends with the offsets of keys that are stored whole (for searching) and their number.
        if (length < sizeof(uint)) throw Damaged(file);
        long restarts = BinaryPrimitives.ReadUInt32LittleEndian(block[^sizeof(uint)..]);
        long end = length - (sizeof(uint) * (restarts + 1));
        if (end < 0) throw Damaged(file);

        List<(string Key, Range Value)> pairs = [];
        ReadOnlySpan<byte> rest = block[..(int)end];
        byte[] key = [];
        while (!rest.IsEmpty)
        {
            if (
                !ProtoReader.TryReadVarint(ref rest, out ulong shared)
                || !ProtoReader.TryReadVarint(ref rest, out ulong added)
                || !ProtoReader.TryReadVarint(ref rest, out ulong valueBytes)
                || shared > (ulong)key.Length
                || added > (ulong)rest.Length
                || valueBytes > (ulong)rest.Length - added
                || shared + added > MaxKeyBytes
            )
                throw Damaged(file);
            key = [.. key.AsSpan(0, (int)shared), .. rest[..(int)added]];
            int valueStart = start + (int)end - rest.Length + (int)added;
            pairs.Add((Encoding.UTF8.GetString(key), valueStart..(valueStart + (int)valueBytes)));
            rest = rest[(int)(added + valueBytes)..];
        }

        return pairs;
    }

    private static void CheckTrailer(MappedFile file, ReadOnlySpan<byte> block, int length)
    {
        uint expected = Crc32C.Unmask(BinaryPrimitives.ReadUInt32LittleEndian(block[(length + 1)..]));
        if (Crc32C.Compute(block[..(length + 1)]) != expected)
            throw new CheckpointException(file.FilePath, "a block of the index does not match its checksum: the file is damaged");
        if (block[length] != 0)
            throw new CheckpointException(file.FilePath, "has a compressed index, which TensorFlow does not write for checkpoints");
    }

    private static CheckpointException Damaged(MappedFile file) => new(file.FilePath, "a block of the index is damaged");
}
