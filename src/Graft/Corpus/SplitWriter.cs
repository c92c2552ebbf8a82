using Graft.Corpus.Shards;

namespace Graft.Corpus;

/// <summary>The shards of one source's half, train or held-out: a new one begins when one is full.</summary>
internal sealed class SplitWriter : IDisposable
{
    private const long TokensPerShard = 1L << 28;
    private readonly string _folder, _name;
    private readonly bool _wide;
    private readonly List<ShardLengths> _lengths;
    private ShardWriter? _writer;

    /// <param name="folder">The corpus.</param>
    /// <param name="name">Before each shard's number.</param>
    /// <param name="wide">32-bit ids.</param>
    /// <param name="lengths">The shards so far; kept up to date by <see cref="Flush"/>.</param>
    public SplitWriter(string folder, string name, bool wide, List<ShardLengths> lengths)
    {
        (_folder, _name, _wide, _lengths) = (folder, name, wide, lengths);
        if (lengths.Count > 0) _writer = Open(lengths.Count - 1);
    }

    /// <summary>The name of a shard.</summary>
    public static string ShardName(string name, int number) => $"{name}-{number:D4}";

    public void Append(DocumentBatch batch, PreparedDocument document, int separatorId)
    {
        if (_writer is null || _writer.Lengths.Tokens > TokensPerShard)
        {
            Flush();
            _writer?.Dispose();
            _lengths.Add(default);
            _writer = Open(_lengths.Count - 1);
        }

        _writer.Append(batch.Ids(document), batch.SentenceStarts(document), separatorId, document.TextBytes);
    }

    /// <summary>Makes what was written safe and notes how much it is.</summary>
    public void Flush()
    {
        if (_writer is null) return;
        _writer.Flush();
        _lengths[^1] = _writer.Lengths;
    }

    public void Dispose() => _writer?.Dispose();

    private ShardWriter Open(int number) => new(Path.Combine(_folder, ShardName(_name, number)), _wide, _lengths[number]);
}
