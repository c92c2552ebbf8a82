using Graft.Objectives;

namespace Graft.Corpus;

/// <summary>The documents of several sources as one store, so that a pair's second half may come from any of them.</summary>
internal sealed class JoinedSplits : ISentenceStore
{
    private readonly IReadOnlyList<CorpusSplit> _splits;
    private readonly long[] _firstDocument;

    /// <param name="splits">The sources, in their order.</param>
    public JoinedSplits(IReadOnlyList<CorpusSplit> splits)
    {
        _splits = splits;
        _firstDocument = new long[splits.Count + 1];
        for (int i = 0; i < splits.Count; i++) _firstDocument[i + 1] = _firstDocument[i] + splits[i].Documents;
    }

    /// <inheritdoc/>
    public long Documents => _firstDocument[^1];

    /// <summary>The number of a source's first document.</summary>
    public long FirstDocument(int split) => _firstDocument[split];

    /// <inheritdoc/>
    public int Sentences(long document)
    {
        int split = SplitOf(document);
        return _splits[split].Sentences(document - _firstDocument[split]);
    }

    /// <inheritdoc/>
    public int Length(SentenceReference sentence)
    {
        int split = SplitOf(sentence.Document);
        return _splits[split].Length(sentence with { Document = sentence.Document - _firstDocument[split] });
    }

    /// <inheritdoc/>
    public void Read(SentenceReference sentence, List<int> tokens)
    {
        int split = SplitOf(sentence.Document);
        _splits[split].Read(sentence with { Document = sentence.Document - _firstDocument[split] }, tokens);
    }

    // The last source that begins here: an empty one begins where the next one does.
    private int SplitOf(long document) => Array.FindLastIndex(_firstDocument, _firstDocument.Length - 2, first => first <= document);
}
