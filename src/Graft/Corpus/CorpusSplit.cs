using Graft.Corpus.Shards;
using Graft.Objectives;

namespace Graft.Corpus;

/// <summary>One source's half, train or held-out, as one stream of tokens with a separator behind every document.</summary>
public sealed class CorpusSplit : ISentenceStore, IDisposable
{
    private readonly Shard[] _shards;
    private readonly long[] _firstToken, _firstDocument;

    internal CorpusSplit(string name, double weight, IEnumerable<Shard> shards)
    {
        (Name, Weight, _shards) = (name, weight, [.. shards]);
        _firstToken = new long[_shards.Length + 1];
        _firstDocument = new long[_shards.Length + 1];
        for (int i = 0; i < _shards.Length; i++)
        {
            _firstToken[i + 1] = _firstToken[i] + _shards[i].Lengths.Tokens;
            _firstDocument[i + 1] = _firstDocument[i] + _shards[i].Lengths.Documents;
            TextBytes += _shards[i].Lengths.TextBytes;
        }
    }

    /// <summary>The source's name.</summary>
    public string Name { get; }

    /// <summary>How often it is read in an epoch.</summary>
    public double Weight { get; }

    /// <summary>Number of tokens, separators included.</summary>
    public long Tokens => _firstToken[^1];

    /// <summary>UTF-8 bytes of its text.</summary>
    public long TextBytes { get; }

    /// <inheritdoc/>
    public long Documents => _firstDocument[^1];

    /// <summary>Copies tokens of the stream.</summary>
    /// <param name="start">The first token.</param>
    /// <param name="ids">Filled.</param>
    public void Read(long start, Span<int> ids)
    {
        for (int shard = Locate(_firstToken, start); ids.Length > 0; shard++)
        {
            int count = (int)Math.Min(ids.Length, _firstToken[shard + 1] - start);
            _shards[shard].Read(start - _firstToken[shard], ids[..count]);
            ids = ids[count..];
            start += count;
        }
    }

    /// <summary>A document's tokens, without its separator.</summary>
    public int[] ReadDocument(long document)
    {
        (Shard shard, DocumentRecord record, DocumentRecord next) = Find(document);
        int[] ids = new int[next.FirstToken - record.FirstToken - 1];
        shard.Read(record.FirstToken, ids);
        return ids;
    }

    /// <inheritdoc/>
    public int Sentences(long document)
    {
        (_, DocumentRecord record, DocumentRecord next) = Find(document);
        return (int)(next.FirstSentence - record.FirstSentence);
    }

    /// <inheritdoc/>
    public int Length(SentenceReference sentence)
    {
        (_, long start, long end) = Find(sentence);
        return (int)(end - start);
    }

    /// <inheritdoc/>
    public void Read(SentenceReference sentence, List<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        (Shard shard, long start, long end) = Find(sentence);
        int before = tokens.Count;
        System.Runtime.InteropServices.CollectionsMarshal.SetCount(tokens, before + (int)(end - start));
        shard.Read(start, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tokens)[before..]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Shard shard in _shards) shard.Dispose();
    }

    private (Shard Shard, DocumentRecord Record, DocumentRecord Next) Find(long document)
    {
        int index = Locate(_firstDocument, document);
        long local = document - _firstDocument[index];
        return (_shards[index], _shards[index].Document(local), _shards[index].Document(local + 1));
    }

    private (Shard Shard, long Start, long End) Find(SentenceReference sentence)
    {
        (Shard shard, DocumentRecord record, DocumentRecord next) = Find(sentence.Document);
        long index = record.FirstSentence + sentence.Sentence;
        long end = index + 1 < next.FirstSentence ? shard.SentenceStart(index + 1) : next.FirstToken - 1; // its separator is no part of it
        return (shard, shard.SentenceStart(index), end);
    }

    private static int Locate(long[] firsts, long value)
    {
        int index = Array.BinarySearch(firsts, value);
        if (index < 0) return ~index - 1;
        while (index + 1 < firsts.Length && firsts[index + 1] == value) index++; // an empty shard starts where the next one does
        return index;
    }
}
