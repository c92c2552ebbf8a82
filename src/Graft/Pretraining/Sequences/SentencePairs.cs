using Graft.Corpus;
using Graft.Objectives;

namespace Graft.Pretraining.Sequences;

/// <summary>
/// Sentence pairs of a corpus: [CLS] A [SEP] B [SEP] with segments 0 and 1. Documents come in another order in every epoch; the pairs of
/// some hundred documents are drawn at once and shuffled together, so memory does not grow with the corpus.
/// </summary>
internal sealed class SentencePairs : ISequenceSource
{
    private const int DocumentsPerBlock = 512;
    private readonly IReadOnlyList<CorpusSplit> _splits;
    private readonly JoinedSplits _store;
    private readonly SequenceFrame _frame;
    private readonly int _maxLength;
    private readonly bool _order, _shuffle;
    private readonly ulong _seed;
    private readonly long[] _firstDocument;
    private readonly List<long> _firstPairOfBlock = [0];
    private (long Block, SegmentPair[] Pairs) _current = (-1, []);

    /// <param name="splits">The sources; a weight of w reads every document round(w) times, at least once.</param>
    /// <param name="frame">[CLS] and [SEP].</param>
    /// <param name="maxLength">Tokens of a pair, specials included.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="order">Sentence order (ALBERT) rather than next sentence (BERT).</param>
    /// <param name="shuffle">False: the documents in their order (evaluation).</param>
    /// <exception cref="InputException">The tokenizer has no [CLS] and [SEP], or sequences are too short for a pair.</exception>
    public SentencePairs(IReadOnlyList<CorpusSplit> splits, SequenceFrame frame, int maxLength, ulong seed, bool order, bool shuffle = true)
    {
        ArgumentNullException.ThrowIfNull(splits);
        if (frame is not { First: not null, Last: not null })
            throw new InputException("sentence pairs need a tokenizer with [CLS] and [SEP]");
        if (maxLength < SegmentPairs.Specials + 4)
            throw new InputException(
                "max-length",
                maxLength.ToString(System.Globalization.CultureInfo.InvariantCulture),
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"at least {SegmentPairs.Specials + 4}, for a pair of sentences"
                )
            );
        (_splits, _store, _frame, _maxLength, _seed, _order, _shuffle) = (
            splits,
            new JoinedSplits(splits),
            frame,
            maxLength,
            seed,
            order,
            shuffle
        );
        _firstDocument = new long[splits.Count + 1];
        for (int i = 0; i < splits.Count; i++) _firstDocument[i + 1] = _firstDocument[i] + (splits[i].Documents * Repeats(i));
    }

    /// <summary>An estimate from the tokens: how many pairs an epoch really has is known when it was gone through.</summary>
    public long PerEpoch =>
        Math.Max(1, _splits.Select((split, i) => split.Tokens * Repeats(i)).Sum() / Math.Max(1, _maxLength - SegmentPairs.Specials));

    private long Documents => _firstDocument[^1];

    private long BlocksPerEpoch => (Documents + DocumentsPerBlock - 1) / DocumentsPerBlock;

    /// <inheritdoc/>
    public IReadOnlyList<TrainingSequence> At(long index)
    {
        while (_firstPairOfBlock[^1] <= index) _firstPairOfBlock.Add(_firstPairOfBlock[^1] + Pairs(_firstPairOfBlock.Count - 1).Length);
        int block = _firstPairOfBlock.BinarySearch(index);
        if (block < 0) block = ~block - 1;
        while (_firstPairOfBlock[block + 1] == _firstPairOfBlock[block]) block++;
        if (_current.Block != block) _current = (block, Pairs(block));
        return [Sequence(_current.Pairs[index - _firstPairOfBlock[block]], (ulong)index)];
    }

    private SegmentPair[] Pairs(long block)
    {
        if (_current.Block == block) return _current.Pairs;
        long epoch = block / BlocksPerEpoch, first = block % BlocksPerEpoch * DocumentsPerBlock;
        Permutation permutation = new(Documents, CounterRandom.Key(_seed, (ulong)epoch));
        List<SegmentPair> pairs = [];
        for (long place = first; place < Math.Min(Documents, first + DocumentsPerBlock); place++)
        {
            long document = _shuffle ? permutation[place] : place;
            int split = Array.FindLastIndex(_firstDocument, _firstDocument.Length - 2, start => start <= document);
            long stored = _store.FirstDocument(split) + ((document - _firstDocument[split]) % _splits[split].Documents);
            CounterRandom random = new(CounterRandom.Key(_seed, (ulong)epoch, (ulong)document));
            pairs.AddRange(
                _order
                    ? SentenceOrder.Pairs(_store, stored, _maxLength, ref random)
                    : NextSentence.Pairs(_store, stored, _maxLength, ref random)
            );
        }

        if (pairs.Count == 0 && BlocksPerEpoch == 1)
            throw new InputException("the corpus has no document with two sentences: no pair can be made");
        SegmentPair[] shuffled = [.. pairs];
        CounterRandom order = new(CounterRandom.Key(_seed, (ulong)block, 1));
        if (_shuffle) order.Shuffle(shuffled.AsSpan());
        return shuffled;
    }

    private TrainingSequence Sequence(SegmentPair pair, ulong index)
    {
        List<int> first = pair.First.Read(_store), second = pair.Second.Read(_store);
        CounterRandom random = new(CounterRandom.Key(_seed, index, 2));
        SegmentPairs.Truncate(first, second, _maxLength - SegmentPairs.Specials, ref random);
        int[] ids = [_frame.First!.Value, .. first, _frame.Last!.Value, .. second, _frame.Last!.Value];
        int[] typeIds = new int[ids.Length];
        Array.Fill(typeIds, 1, first.Count + 2, ids.Length - first.Count - 2);
        return new TrainingSequence(ids, CounterRandom.Key((ulong)pair.First.Document, (ulong)pair.First.Start), index)
        {
            TypeIds = typeIds,
            PairLabel = pair.Label,
        };
    }

    private long Repeats(int split) => Math.Max(1, (long)Math.Round(_splits[split].Weight));
}
