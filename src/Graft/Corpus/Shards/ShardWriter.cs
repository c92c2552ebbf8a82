using System.Runtime.InteropServices;

namespace Graft.Corpus.Shards;

/// <summary>
/// One shard being written: <c>NAME.tokens</c> (16- or 32-bit ids, a separator behind each document), <c>NAME.sentences</c> (where each
/// starts) and <c>NAME.documents</c> (first token, first sentence, bytes of text).
/// </summary>
internal sealed class ShardWriter : IDisposable
{
    private readonly FileStream _tokens, _sentences, _documents;
    private readonly bool _wide;
    private byte[] _buffer = new byte[1 << 16];

    /// <param name="path">Folder and name, without extension.</param>
    /// <param name="wide">32-bit ids.</param>
    /// <param name="lengths">Where to go on; what lies behind is cut off.</param>
    public ShardWriter(string path, bool wide, ShardLengths lengths)
    {
        _wide = wide;
        Lengths = lengths;
        _tokens = Open(path + ".tokens", lengths.Tokens * (wide ? 4 : 2));
        _sentences = Open(path + ".sentences", lengths.Sentences * sizeof(long));
        _documents = Open(path + ".documents", lengths.Documents * DocumentRecord.Bytes);
    }

    /// <summary>What was written so far.</summary>
    public ShardLengths Lengths { get; private set; }

    /// <summary>Appends a document.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="sentenceStarts">Where its sentences start in them.</param>
    /// <param name="separatorId">Put behind it.</param>
    /// <param name="textBytes">UTF-8 bytes of its text.</param>
    public void Append(ReadOnlySpan<int> ids, ReadOnlySpan<int> sentenceStarts, int separatorId, long textBytes)
    {
        DocumentRecord record = new(Lengths.Tokens, Lengths.Sentences, textBytes);
        _documents.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<DocumentRecord>(in record)));
        foreach (int start in sentenceStarts)
        {
            long position = Lengths.Tokens + start;
            _sentences.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in position)));
        }

        WriteIds(ids);
        WriteIds([separatorId]);
        Lengths = new ShardLengths(
            Lengths.Tokens + ids.Length + 1,
            Lengths.Sentences + sentenceStarts.Length,
            Lengths.Documents + 1,
            Lengths.TextBytes + textBytes
        );
    }

    /// <summary>Makes what was written safe.</summary>
    public void Flush()
    {
        _tokens.Flush(flushToDisk: true);
        _sentences.Flush(flushToDisk: true);
        _documents.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _sentences.Dispose();
        _documents.Dispose();
    }

    private static FileStream Open(string path, long length)
    {
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
        if (file.Length < length)
        {
            file.Dispose();
            throw new InputException($"{path} is shorter than the build that is to go on left it; start anew with `overwrite`");
        }

        file.SetLength(length);
        file.Position = length;
        return file;
    }

    private void WriteIds(ReadOnlySpan<int> ids)
    {
        if (_wide)
        {
            _tokens.Write(MemoryMarshal.AsBytes(ids));
            return;
        }

        if (_buffer.Length < ids.Length * 2) _buffer = new byte[ids.Length * 2];
        Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(_buffer.AsSpan(0, ids.Length * 2));
        for (int i = 0; i < ids.Length; i++) narrow[i] = (ushort)ids[i];
        _tokens.Write(_buffer, 0, ids.Length * 2);
    }
}

/// <summary>How much a shard holds; separators count as tokens.</summary>
/// <param name="Tokens">Ids.</param>
/// <param name="Sentences">Sentences.</param>
/// <param name="Documents">Documents.</param>
/// <param name="TextBytes">UTF-8 bytes of their text.</param>
public readonly record struct ShardLengths(long Tokens, long Sentences, long Documents, long TextBytes);

/// <summary>A document's place in its shard.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DocumentRecord(long FirstToken, long FirstSentence, long TextBytes)
{
    public const int Bytes = 24;
}
