namespace Graft.Corpus.Duplicates;

/// <summary>
/// 64-bit keys and the documents they were first seen in, on disk; memory is bounded whatever their number. New keys gather in memory and
/// go to disk as sorted runs, which are merged when there are many (a log-structured merge tree of one level: O'Neil et al. 1996). Nearly
/// all keys of a corpus are new, and a filter of fixed size (Bloom 1970) says so without a look at the runs.
/// Entries of documents at or after the one being looked at do not count: after an interruption the same documents come again and find what
/// they wrote themselves.
/// </summary>
internal sealed class DiskIndex : IDisposable
{
    private const int MostPending = 1 << 19, MostRuns = 16;
    private readonly string _folder;
    private readonly Dictionary<ulong, long> _pending = new(MostPending);
    private readonly KeyEntry[] _sorted = new KeyEntry[MostPending]; // of the pending ones, on their way to disk
    private readonly KeyFilter _filter = new();
    private List<KeyRun> _runs = [];
    private int _nextRun;

    /// <summary>Opens the runs of a folder; where there are none, the index is empty.</summary>
    public DiskIndex(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        foreach (string path in Directory.EnumerateFiles(folder, "*" + KeyRun.Extension).Order(StringComparer.Ordinal))
        {
            _runs.Add(new KeyRun(path, _filter.Add));
            _nextRun = int.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture) + 1;
        }
    }

    /// <summary>
    /// The earlier document of <paramref name="key"/>, or −1 when there is none; then the key is <paramref name="document"/>'s from now on.
    /// </summary>
    /// <param name="key">Well mixed: its bits are used as they are.</param>
    /// <param name="document">At least 0.</param>
    public long FindOrAdd(ulong key, long document)
    {
        if (_pending.TryGetValue(key, out long earlier) && earlier < document) return earlier;
        if (_filter.MayHold(key))
        {
            foreach (KeyRun run in _runs)
            {
                if (run.Find(key) is >= 0 and long found && found < document) return found;
            }
        }

        _pending[key] = document;
        if (_pending.Count >= MostPending) Flush();
        return -1;
    }

    /// <summary>Puts all keys on disk; those that are not there yet are lost when the process ends.</summary>
    public void Flush()
    {
        if (_pending.Count == 0) return;
        int count = 0;
        foreach ((ulong key, long document) in _pending)
        {
            _filter.Add(key);
            _sorted[count++] = new KeyEntry(key, document);
        }

        Array.Sort(_sorted, 0, count);
        _runs.Add(KeyRun.Write(NextPath(), _sorted.Take(count)));
        _pending.Clear();
        if (_runs.Count < MostRuns) return;
        // whole before the others go: an interruption leaves entries twice, which is no harm
        KeyRun merged = KeyRun.Write(NextPath(), KeyRun.Merge(_runs));
        foreach (KeyRun run in _runs) run.Delete();
        _runs = [merged];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KeyRun run in _runs) run.Dispose();
    }

    private string NextPath() =>
        Path.Combine(_folder, _nextRun++.ToString("D6", System.Globalization.CultureInfo.InvariantCulture) + KeyRun.Extension);
}
