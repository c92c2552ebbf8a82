namespace Graft.Corpus.Duplicates;

/// <summary>Finds documents whose words were seen before, exactly or nearly; everything it remembers is on disk.</summary>
internal sealed class DuplicateIndex : IDisposable
{
    private readonly DiskIndex _index;
    private readonly FileStream _sketches;
    private readonly double _threshold;

    /// <param name="folder">Where the index lives.</param>
    /// <param name="threshold">The similarity from which two documents are near duplicates; above 1 only exact ones are found.</param>
    public DuplicateIndex(string folder, double threshold)
    {
        Directory.CreateDirectory(folder);
        _threshold = threshold;
        _index = new DiskIndex(Path.Combine(folder, "keys"));
        _sketches = new FileStream(
            Path.Combine(folder, "sketches.bin"),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read,
            bufferSize: 0
        );
    }

    /// <summary>Whether a document is new; a new one is remembered. Call once for every document in order.</summary>
    /// <param name="document">The number, rising.</param>
    /// <param name="key">The hash of all its words.</param>
    /// <param name="sketch">From <see cref="MinHash"/>.</param>
    /// <param name="bandKeys">From <see cref="MinHash"/>.</param>
    public DropReason Judge(long document, ulong key, ReadOnlySpan<byte> sketch, ReadOnlySpan<ulong> bandKeys)
    {
        if (_index.FindOrAdd(key, document) >= 0) return DropReason.ExactDuplicate;
        if (_threshold > 1) return DropReason.None;
        RandomAccess.Write(_sketches.SafeFileHandle, sketch, document * MinHash.Bins);
        Span<byte> earlier = stackalloc byte[MinHash.Bins];
        bool near = false;
        long last = -1;
        foreach (ulong bandKey in bandKeys)
        {
            long candidate = _index.FindOrAdd(bandKey, document);
            if (candidate < 0 || candidate == last || near) continue;
            last = candidate;
            RandomAccess.Read(_sketches.SafeFileHandle, earlier, candidate * MinHash.Bins);
            near = MinHash.Similarity(sketch, earlier) >= _threshold;
        }

        return near ? DropReason.NearDuplicate : DropReason.None;
    }

    /// <summary>Puts all that is remembered on disk.</summary>
    public void Flush()
    {
        _index.Flush();
        _sketches.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        _sketches.Dispose();
    }
}
