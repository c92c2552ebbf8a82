using System.Runtime.InteropServices;
using Graft.Corpus.Duplicates;

namespace Graft.Corpus;

/// <summary>Some documents on their way through a thread: read, then prepared, then written in the order they were read.</summary>
internal sealed class DocumentBatch
{
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
