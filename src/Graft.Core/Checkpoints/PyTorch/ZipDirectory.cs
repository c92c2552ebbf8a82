using System.Buffers.Binary;
using System.Text;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// The table of contents of a zip archive whose files are used where they lie. Only stored (uncompressed) files are given out: PyTorch
/// never compresses, and an archive that does may unpack to any size. Nothing is ever unpacked to the disk.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50,
        Zip64EndSignature = 0x06064B50,
        Zip64LocatorSignature = 0x07064B50,
        EntrySignature = 0x02014B50,
        LocalSignature = 0x04034B50;
    private const int EndBytes = 22,
        Zip64LocatorBytes = 20,
        EntryBytes = 46,
        LocalBytes = 30,
        MaxComment = ushort.MaxValue;

    /// <summary>Room for some hundred thousand files, more than the tensors of any model.</summary>
    private const long MaxDirectoryBytes = 16L << 20;

    private readonly MappedFile _file;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ZipDirectory(MappedFile file) => _file = file;

    /// <summary>The names of all files in the archive.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Reads the table of contents.</summary>
    /// <exception cref="CheckpointException">The archive is cut short or damaged.</exception>
    public static ZipDirectory Read(MappedFile file)
    {
        ZipDirectory directory = new(file);
        (long start, long bytes) = directory.FindDirectory();
        directory.ReadEntries(start, bytes);
        return directory;
    }

    /// <summary>True when the archive has this file.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Where the content of a file lies: its offset and length in bytes.</summary>
    /// <exception cref="CheckpointException">It is missing, compressed, encrypted or reaches beyond the archive.</exception>
    public (long Offset, long Length) Locate(string name)
    {
        if (!_entries.TryGetValue(name, out Entry entry)) throw Error($"the archive lacks {name}");
        if (entry.Method != 0 || entry.IsEncrypted) throw Error($"{name} is compressed or encrypted, which PyTorch never does");
        if (entry.CompressedSize != entry.Size) throw Error($"{name} has contradictory sizes");
        ReadOnlySpan<byte> local = _file.Slice(entry.HeaderOffset, LocalBytes);
        if (ReadUInt32(local, 0) != LocalSignature) throw Error($"the header of {name} is damaged");
        long offset = entry.HeaderOffset + LocalBytes + ReadUInt16(local, 26) + ReadUInt16(local, 28);
        if (offset > _file.Length - entry.Size) throw Error($"{name} reaches beyond the end of the archive");
        return (offset, entry.Size);
    }

    private readonly record struct Entry(long HeaderOffset, long Size, long CompressedSize, int Method, bool IsEncrypted);

    /// <summary>The end record is the last thing in the archive, before a comment of up to 64 kB.</summary>
    private (long Start, long Bytes) FindDirectory()
    {
        int tail = (int)Math.Min(_file.Length, EndBytes + MaxComment);
        ReadOnlySpan<byte> bytes = _file.Slice(_file.Length - tail, tail);
        for (int at = tail - EndBytes; at >= 0; at--)
        {
            if (ReadUInt32(bytes, at) != EndSignature) continue;
            (long start, long length) = ReadEnd(bytes[at..], _file.Length - tail + at);
            if (length > MaxDirectoryBytes)
                throw Error(Invariant($"the table of contents claims {length} bytes: not a checkpoint, or damaged"));
            if (start < 0 || length < 0 || start > _file.Length - length) throw Error("the table of contents lies outside the archive");
            return (start, length);
        }

        throw Error("the zip archive has no table of contents: it is cut short");
    }

    private (long Start, long Bytes) ReadEnd(ReadOnlySpan<byte> end, long endOffset)
    {
        long bytes = ReadUInt32(end, 12), start = ReadUInt32(end, 16);
        if (start != uint.MaxValue && bytes != uint.MaxValue) return (start, bytes);
        ReadOnlySpan<byte> locator = _file.Slice(endOffset - Zip64LocatorBytes, Zip64LocatorBytes);
        if (ReadUInt32(locator, 0) != Zip64LocatorSignature) throw Error("the zip archive lacks its 64-bit end record");
        ReadOnlySpan<byte> wide = _file.Slice(ReadInt64(locator, 8), 56);
        if (ReadUInt32(wide, 0) != Zip64EndSignature) throw Error("the 64-bit end record of the zip archive is damaged");
        return (ReadInt64(wide, 48), ReadInt64(wide, 40));
    }

    private void ReadEntries(long start, long bytes)
    {
        ReadOnlySpan<byte> rest = _file.Slice(start, (int)bytes);
        while (rest.Length >= EntryBytes && ReadUInt32(rest, 0) == EntrySignature)
        {
            int nameBytes = ReadUInt16(rest, 28), extraBytes = ReadUInt16(rest, 30), commentBytes = ReadUInt16(rest, 32);
            int length = EntryBytes + nameBytes + extraBytes + commentBytes;
            if (length > rest.Length) break;
            string name = Encoding.UTF8.GetString(rest.Slice(EntryBytes, nameBytes));
            if (!_entries.TryAdd(name, ReadEntry(rest[..EntryBytes], rest.Slice(EntryBytes + nameBytes, extraBytes), name)))
                throw Error($"the archive has {name} twice");
            rest = rest[length..];
        }

        if (!rest.IsEmpty) throw Error("the table of contents of the zip archive is damaged");
    }

    /// <summary>Sizes and offsets of 32 bits; where one is full, the next number of the 64-bit extra field takes its place.</summary>
    private Entry ReadEntry(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra, string name)
    {
        ReadOnlySpan<byte> wide = FindExtra(extra, id: 1);
        long size = Widen(ReadUInt32(entry, 24), ref wide, name);
        long compressedSize = Widen(ReadUInt32(entry, 20), ref wide, name);
        long headerOffset = Widen(ReadUInt32(entry, 42), ref wide, name);
        return new(headerOffset, size, compressedSize, ReadUInt16(entry, 10), (ReadUInt16(entry, 8) & 1) != 0);
    }

    private long Widen(uint value, ref ReadOnlySpan<byte> wide, string name)
    {
        if (value != uint.MaxValue) return value;
        if (wide.Length < sizeof(long)) throw Error($"the 64-bit sizes of {name} are missing");
        long result = ReadInt64(wide, 0);
        wide = wide[sizeof(long)..];
        return result >= 0 ? result : throw Error($"the sizes of {name} are negative");
    }

    private static ReadOnlySpan<byte> FindExtra(ReadOnlySpan<byte> extra, int id)
    {
        while (extra.Length >= 4)
        {
            int length = ReadUInt16(extra, 2);
            if (length > extra.Length - 4) break;
            if (ReadUInt16(extra, 0) == id) return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    private static int ReadUInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long ReadInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private CheckpointException Error(string problem) => new(_file.FilePath, problem);
}
