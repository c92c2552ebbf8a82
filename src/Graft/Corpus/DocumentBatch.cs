using System.Runtime.InteropServices;
using Graft.Corpus.Duplicates;

namespace Graft.Corpus;

/// <summary>Some documents on their way through a thread: read, then prepared, then written in the order they were read.</summary>
internal sealed class DocumentBatch
{
    /// <summary>How much of a document's beginning is shown where it overlaps with evaluation text.</summary>
    public const int ExampleLength = 120;

    private readonly List<string> _texts = [];
    private readonly List<PreparedDocument> _prepared = [];
    private readonly List<int> _ids = [];
    private readonly List<int> _sentenceStarts = [];
    private readonly List<ulong> _words = [];
    private readonly List<Range> _ranges = [];
    private readonly HashSet<ulong> _seen = [];

    /// <summary>The source the documents are of.</summary>
    public int Source { get; private set; }

    /// <summary>Line breaks and indentation are kept.</summary>
    public bool IsSourceCode { get; private set; }

    /// <summary>Characters held.</summary>
    public int Characters { get; private set; }

    /// <summary>Where reading goes on behind this batch.</summary>
    public ReadPosition Next { get; set; }

    /// <summary>What was prepared, in order.</summary>
    public IReadOnlyList<PreparedDocument> Prepared => _prepared;

    /// <summary>Starts anew.</summary>
    public void Reset(int source, bool isSourceCode)
    {
        (Source, IsSourceCode, Characters) = (source, isSourceCode, 0);
        _texts.Clear();
    }

    public void Add(string text)
    {
        _texts.Add(text);
        Characters += text.Length;
    }

    public string Text(int document) => _texts[document];

    public ReadOnlySpan<int> Ids(PreparedDocument document) => CollectionsMarshal.AsSpan(_ids).Slice(document.FirstId, document.IdCount);

    public ReadOnlySpan<int> SentenceStarts(PreparedDocument document) =>
        CollectionsMarshal.AsSpan(_sentenceStarts).Slice(document.FirstSentence, document.SentenceCount);

    /// <summary>Everything about the documents that does not depend on other documents; runs on any thread.</summary>
    public void Prepare(CorpusOptions options, ICorpusTokenizer tokenizer, EvaluationOverlap overlap)
    {
        _prepared.Clear();
        _ids.Clear();
        _sentenceStarts.Clear();
        foreach (string text in _texts)
        {
            PreparedDocument document = new()
            {
                FirstId = _ids.Count,
                FirstSentence = _sentenceStarts.Count,
                TextBytes = System.Text.Encoding.UTF8.GetByteCount(text),
            };
            _words.Clear();
            WordHashes.Compute(text, _words);
            document.Key = WordHashes.Combine(CollectionsMarshal.AsSpan(_words));
            document.Reason = options.Filter.Judge(text, _words, _seen);
            document.OverlapFile = document.Reason == DropReason.None ? overlap.Find(_words) : -1;
            if (document.OverlapFile >= 0) document.Reason = DropReason.Contaminated;
            if (document.Reason == DropReason.None)
            {
                if (options.RemoveDuplicates && options.NearDuplicateSimilarity <= 1)
                    MinHash.Compute(_words, document.Sketch, document.BandKeys);
                Tokenize(text, tokenizer, document);
            }

            _prepared.Add(document);
        }
    }

    /// <summary>Writes what was prepared, for another process; of the text only the beginning of what overlaps.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Source);
        writer.Write(Next.File);
        writer.Write(Next.Document);
        writer.Write(_prepared.Count);
        for (int i = 0; i < _prepared.Count; i++)
        {
            PreparedDocument document = _prepared[i];
            writer.Write(document.Key);
            writer.Write((byte)document.Reason);
            writer.Write(document.TextBytes);
            writer.Write(document.OverlapFile);
            if (document.OverlapFile >= 0) writer.Write(_texts[i][..Math.Min(_texts[i].Length, ExampleLength)]);
            if (document.Reason != DropReason.None) continue;
            writer.Write(document.Sketch);
            writer.Write(MemoryMarshal.AsBytes(document.BandKeys.AsSpan()));
            writer.Write(document.IdCount);
            writer.Write(document.SentenceCount);
            writer.Write(MemoryMarshal.AsBytes(Ids(document)));
            writer.Write(MemoryMarshal.AsBytes(SentenceStarts(document)));
        }
    }

    /// <summary>Reads what another process has prepared.</summary>
    /// <exception cref="EndOfStreamException">It breaks off.</exception>
    public void Read(BinaryReader reader)
    {
        Reset(reader.ReadInt32(), isSourceCode: false);
        _prepared.Clear();
        _ids.Clear();
        _sentenceStarts.Clear();
        Next = new ReadPosition(reader.ReadInt32(), reader.ReadInt64());
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            ulong key = reader.ReadUInt64();
            DropReason reason = (DropReason)reader.ReadByte();
            PreparedDocument document = new()
            {
                FirstId = _ids.Count,
                FirstSentence = _sentenceStarts.Count,
                TextBytes = reader.ReadInt64(),
                Key = key,
                Reason = reason,
                OverlapFile = reader.ReadInt32(),
            };
            _texts.Add(document.OverlapFile >= 0 ? reader.ReadString() : "");
            _prepared.Add(document);
            if (reason != DropReason.None) continue;
            reader.BaseStream.ReadExactly(document.Sketch);
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(document.BandKeys.AsSpan()));
            (document.IdCount, document.SentenceCount) = (reader.ReadInt32(), reader.ReadInt32());
            ReadInto(_ids, document.IdCount, reader);
            ReadInto(_sentenceStarts, document.SentenceCount, reader);
        }
    }

    private static void ReadInto(List<int> numbers, int count, BinaryReader reader)
    {
        int before = numbers.Count;
        CollectionsMarshal.SetCount(numbers, before + count);
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(numbers)[before..]));
    }

    private void Tokenize(string text, ICorpusTokenizer tokenizer, PreparedDocument document)
    {
        int line = 0;
        while (line < text.Length)
        {
            int length = text.AsSpan(line).IndexOf('\n');
            int end = length < 0 ? text.Length : line + length;
            _ranges.Clear();
            if (IsSourceCode) _ranges.Add(0..(end - line));
            else SentenceSplitter.Split(text.AsSpan(line, end - line), _ranges);
            for (int i = 0; i < _ranges.Count; i++)
            {
                // A line's break belongs to its first sentence: tokenizers that write white space out need it.
                int start = line + _ranges[i].Start.Value - (i == 0 && line > 0 ? 1 : 0), before = _ids.Count;
                tokenizer.Encode(text.AsSpan(start, line + _ranges[i].End.Value - start), _ids);
                if (_ids.Count > before) _sentenceStarts.Add(before - document.FirstId);
            }

            line = end + 1;
        }

        document.IdCount = _ids.Count - document.FirstId;
        document.SentenceCount = _sentenceStarts.Count - document.FirstSentence;
        if (document.IdCount == 0) document.Reason = DropReason.TooShort;
    }
}

/// <summary>Where reading stands.</summary>
/// <param name="File">The file's number over all sources.</param>
/// <param name="Document">Documents already taken from it.</param>
internal readonly record struct ReadPosition(int File, long Document);

/// <summary>What a thread found out about a document.</summary>
internal sealed class PreparedDocument
{
    public ulong Key { get; set; }

    public DropReason Reason { get; set; }

    public int OverlapFile { get; set; } = -1;

    public long TextBytes { get; init; }

    public int FirstId { get; init; }

    public int IdCount { get; set; }

    public int FirstSentence { get; init; }

    public int SentenceCount { get; set; }

    public byte[] Sketch { get; } = new byte[MinHash.Bins];

    public ulong[] BandKeys { get; } = new ulong[MinHash.Bands];
}
