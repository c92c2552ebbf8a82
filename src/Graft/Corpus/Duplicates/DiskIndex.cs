using System.Runtime.InteropServices;

namespace Graft.Corpus.Duplicates;

/// <summary>
/// A hash table of 64-bit keys and document numbers in a file, read and written a bucket at a time, so that its size is the disk's and not
/// the memory's. It doubles by one sequential copy. Entries of documents at or after the one being looked at do not count: after an
/// interruption the same documents come again and find what they wrote themselves.
/// </summary>
internal sealed class DiskIndex : IDisposable
{
    private const int EntriesPerBucket = 8, EntryBytes = 16, BucketBytes = EntriesPerBucket * EntryBytes, HeaderBytes = BucketBytes;
    private const int FirstBits = 14, CopyBuckets = 1 << 12;
    private readonly string _path;
    private FileStream _file;
    private int _bits;

    /// <summary>Opens the file, or makes an empty one.</summary>
    public DiskIndex(string path)
    {
        _path = path;
        bool exists = File.Exists(path);
        if (!exists) Create(path, FirstBits).Dispose();
        _file = Open(path);
        Span<byte> header = stackalloc byte[4];
        RandomAccess.Read(_file.SafeFileHandle, header, 0);
        _bits = MemoryMarshal.Read<int>(header);
    }

    /// <summary>
    /// The earlier document of <paramref name="key"/>, or −1 when there is none; then the key is <paramref name="document"/>'s from now on.
    /// </summary>
    public long FindOrAdd(ulong key, long document)
    {
        Span<Entry> bucket = stackalloc Entry[EntriesPerBucket];
        while (true)
        {
            // A key never equals 0, which marks free entries; the bucket is the key's top bits, overflow goes to the next buckets.
            key |= key == 0 ? 1ul : 0;
            long home = (long)(key >> (64 - _bits)), buckets = 1L << _bits;
            for (int probe = 0; probe < 4; probe++)
            {
                long offset = HeaderBytes + (((home + probe) & (buckets - 1)) * BucketBytes);
                RandomAccess.Read(_file.SafeFileHandle, MemoryMarshal.AsBytes(bucket), offset);
                for (int i = 0; i < EntriesPerBucket; i++)
                {
                    bool free = bucket[i].Key == 0;
                    if (!free && bucket[i].Key != key) continue;
                    if (!free && bucket[i].Document < document) return bucket[i].Document;
                    bucket[i] = new Entry(key, document);
                    RandomAccess.Write(_file.SafeFileHandle, MemoryMarshal.AsBytes(bucket.Slice(i, 1)), offset + (i * EntryBytes));
                    return -1;
                }
            }

            Grow();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Create(string path, int bits)
    {
        FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        file.SetLength(HeaderBytes + ((1L << bits) * BucketBytes));
        RandomAccess.Write(file.SafeFileHandle, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in bits)), 0);
        return file;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    private void Grow()
    {
        string temporary = _path + ".partial";
        long buckets = 1L << _bits;
        int bits = _bits + 1;
        using (FileStream target = Create(temporary, bits))
        {
            // Entries of an old bucket go to two neighbours of the new table (or just behind them), so both files are walked in order.
            Entry[] source = new Entry[CopyBuckets * EntriesPerBucket];
            for (long first = 0; first < buckets; first += CopyBuckets)
            {
                int count = (int)Math.Min(CopyBuckets, buckets - first) * EntriesPerBucket;
                RandomAccess.Read(_file.SafeFileHandle, MemoryMarshal.AsBytes(source.AsSpan(0, count)), HeaderBytes + (first * BucketBytes));
                foreach (Entry entry in source.AsSpan(0, count))
                {
                    if (entry.Key != 0) Place(target, bits, entry);
                }
            }
        }

        _file.Dispose();
        File.Move(temporary, _path, overwrite: true);
        _file = Open(_path);
        _bits = bits;
    }

    private static void Place(FileStream target, int bits, Entry entry)
    {
        Span<Entry> bucket = stackalloc Entry[EntriesPerBucket];
        long home = (long)(entry.Key >> (64 - bits)), mask = (1L << bits) - 1;
        for (long probe = 0; ; probe++)
        {
            long offset = HeaderBytes + (((home + probe) & mask) * BucketBytes);
            RandomAccess.Read(target.SafeFileHandle, MemoryMarshal.AsBytes(bucket), offset);
            int free = 0;
            while (free < EntriesPerBucket && bucket[free].Key != 0) free++;
            if (free == EntriesPerBucket) continue;
            RandomAccess.Write(target.SafeFileHandle, MemoryMarshal.AsBytes(new ReadOnlySpan<Entry>(in entry)), offset + (free * EntryBytes));
            return;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Entry(ulong Key, long Document);
}
