using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Graft.Corpus.Duplicates;

/// <summary>A key and the document it was first seen in; ordered by key, then document.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KeyEntry(ulong Key, long Document) : IComparable<KeyEntry>
{
    public int CompareTo(KeyEntry other) => Key != other.Key ? Key.CompareTo(other.Key) : Document.CompareTo(other.Document);
}

/// <summary>A file of sorted entries; of every block of 4 KB the first key is kept in memory, so that a look-up reads one block.</summary>
internal sealed class KeyRun : IDisposable
{
    public const string Extension = ".keys";
    private const int EntriesInBlock = 256, EntryBytes = 16, BlocksRead = 16;
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly List<ulong> _firstKeys = [];

    /// <summary>Opens a run.</summary>
    /// <param name="path">A file that <see cref="Write"/> made.</param>
    /// <param name="onKey">Told every key.</param>
    public KeyRun(string path, Action<ulong> onKey)
        : this(path)
    {
        int i = 0;
        foreach (KeyEntry entry in Entries())
        {
            if (i++ % EntriesInBlock == 0) _firstKeys.Add(entry.Key);
            onKey(entry.Key);
        }
    }

    private KeyRun(string path) =>
        (_path, _file) = (path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));

    /// <summary>Writes sorted entries; of several with one key the first.</summary>
    public static KeyRun Write(string path, IEnumerable<KeyEntry> sorted)
    {
        string partial = path + ".partial";
        List<ulong> firstKeys = [];
        using (
            FileStream file = new(
                partial,
                FileMode.Create,
                FileAccess.Write,
                FileShare.None,
                bufferSize: BlocksRead * EntriesInBlock * EntryBytes
            )
        )
        {
            long written = 0;
            ulong last = 0;
            foreach (KeyEntry entry in sorted)
            {
                if (written > 0 && entry.Key == last) continue;
                if (written++ % EntriesInBlock == 0) firstKeys.Add(entry.Key);
                last = entry.Key;
                file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<KeyEntry>(in entry)));
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path);
        KeyRun run = new(path);
        run._firstKeys.AddRange(firstKeys);
        return run;
    }

    /// <summary>The entries of several runs in order.</summary>
    public static IEnumerable<KeyEntry> Merge(IReadOnlyList<KeyRun> runs)
    {
        PriorityQueue<IEnumerator<KeyEntry>, KeyEntry> next = new();
        foreach (KeyRun run in runs)
        {
            IEnumerator<KeyEntry> entries = run.Entries().GetEnumerator();
            if (entries.MoveNext()) next.Enqueue(entries, entries.Current);
        }

        while (next.TryPeek(out IEnumerator<KeyEntry>? entries, out KeyEntry smallest))
        {
            yield return smallest;
            if (entries.MoveNext()) next.DequeueEnqueue(entries, entries.Current);
            else next.Dequeue();
        }
    }

    /// <summary>The document of a key, or −1.</summary>
    public long Find(ulong key)
    {
        int block = _firstKeys.BinarySearch(key);
        if (block < 0) block = ~block - 1;
        if (block < 0) return -1;
        Span<KeyEntry> entries = stackalloc KeyEntry[EntriesInBlock];
        int count = RandomAccess.Read(_file, MemoryMarshal.AsBytes(entries), (long)block * EntriesInBlock * EntryBytes) / EntryBytes;
        int place = entries[..count].BinarySearch(new KeyEntry(key, long.MinValue)); // before the key's entry, where there is one
        return ~place < count && entries[~place].Key == key ? entries[~place].Document : -1;
    }

    /// <summary>Closes the run and deletes its file.</summary>
    public void Delete()
    {
        Dispose();
        File.Delete(_path);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private IEnumerable<KeyEntry> Entries()
    {
        KeyEntry[] some = new KeyEntry[BlocksRead * EntriesInBlock];
        for (long at = 0; ;)
        {
            int bytes = RandomAccess.Read(_file, MemoryMarshal.AsBytes(some.AsSpan()), at);
            if (bytes == 0) yield break;
            at += bytes;
            for (int i = 0; i < bytes / EntryBytes; i++) yield return some[i];
        }
    }
}
