using System.Runtime.InteropServices;
using Graft.Checkpoints;

namespace Graft.Corpus.Shards;

/// <summary>
/// A finished shard, mapped into memory. Pages are handed back now and then, so that a long run does not collect the whole corpus.
/// </summary>
internal sealed class Shard : IDisposable
{
    private const int ReadsBetweenReleases = 4096;
    private readonly MappedFile _tokens, _sentences, _documents;
    private readonly bool _wide;
    private int _reads;

    /// <param name="path">Folder and name, without extension.</param>
    /// <param name="wide">32-bit ids.</param>
    /// <param name="lengths">What the manifest says it holds.</param>
    /// <exception cref="InputException">A file is missing or not as long as the manifest says.</exception>
    public Shard(string path, bool wide, ShardLengths lengths)
    {
        _wide = wide;
        Lengths = lengths;
        _tokens = Open(path + ".tokens", lengths.Tokens * (wide ? 4 : 2));
        _sentences = Open(path + ".sentences", lengths.Sentences * sizeof(long));
        _documents = Open(path + ".documents", lengths.Documents * DocumentRecord.Bytes);
    }

    /// <summary>What it holds.</summary>
    public ShardLengths Lengths { get; }

    /// <summary>Copies ids.</summary>
    /// <param name="start">The first token.</param>
    /// <param name="ids">Filled.</param>
    public void Read(long start, Span<int> ids)
    {
        if (++_reads % ReadsBetweenReleases == 0) Release();
        if (_wide)
        {
            MemoryMarshal.Cast<byte, int>(_tokens.Slice(start * 4, ids.Length * 4)).CopyTo(ids);
            return;
        }

        ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(_tokens.Slice(start * 2, ids.Length * 2));
        for (int i = 0; i < ids.Length; i++) ids[i] = narrow[i];
    }

    /// <summary>Where a document lies; of the one behind the last, where the shard ends.</summary>
    public DocumentRecord Document(long document) => document == Lengths.Documents
        ? new DocumentRecord(Lengths.Tokens, Lengths.Sentences, 0)
        : MemoryMarshal.Read<DocumentRecord>(_documents.Slice(document * DocumentRecord.Bytes, DocumentRecord.Bytes));

    /// <summary>Where a sentence starts.</summary>
    public long SentenceStart(long sentence) => MemoryMarshal.Read<long>(_sentences.Slice(sentence * sizeof(long), sizeof(long)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _sentences.Dispose();
        _documents.Dispose();
    }

    private unsafe void Release()
    {
        foreach (MappedFile file in (ReadOnlySpan<MappedFile>)[_tokens, _sentences, _documents])
            MemoryAdvice.HasRead(file.Pointer(0, file.Length), file.Length);
    }

    private static MappedFile Open(string path, long bytes)
    {
        MappedFile file = MappedFile.Open(path);
        if (file.Length == bytes)
            return file;
        string message = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{path} has {file.Length} bytes where corpus.json says {bytes}: build the corpus anew"
        );
        file.Dispose();
        throw new InputException(message);
    }
}
