using Graft.Corpus;

namespace Graft.Pretraining.Sequences;

/// <summary>
/// Full windows over the stream of documents, no padding: [CLS], the next tokens, [SEP], with [SEP] between documents. Each epoch cuts the
/// stream elsewhere and goes through the windows in another order. Weights say how often a source is read in an epoch.
/// <code>
/// the cat sat [SEP] a dog …   (length 6)  →  [CLS] the cat sat [SEP] a → cut: [CLS] the cat sat [SEP] [SEP]; [CLS] a dog …
/// </code>
/// With <see cref="CutAtDocuments"/> a window's documents become sequences of their own, so that none sees another.
/// </summary>
internal sealed class StreamWindows : ISequenceSource
{
    private readonly IReadOnlyList<CorpusSplit> _splits;
    private readonly SequenceFrame _frame;
    private readonly int _separatorId, _text;
    private readonly ulong _seed;
    private readonly long[] _first;

    /// <param name="splits">The sources.</param>
    /// <param name="frame">The specials around a window.</param>
    /// <param name="separatorId">Between documents in the stream.</param>
    /// <param name="length">Tokens of a window, its specials included.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="shuffle">False: the windows in their order, cut at the same places in every epoch (evaluation).</param>
    /// <exception cref="InputException">The corpus is shorter than one window.</exception>
    public StreamWindows(
        IReadOnlyList<CorpusSplit> splits,
        SequenceFrame frame,
        int separatorId,
        int length,
        ulong seed,
        bool shuffle = true
    )
    {
        ArgumentNullException.ThrowIfNull(splits);
        (_splits, _frame, _separatorId, _text, _seed, Shuffled) = (splits, frame, separatorId, length - frame.Count, seed, shuffle);
        if (_text < 1)
            throw new InputException(
                "max-length",
                length.ToString(System.Globalization.CultureInfo.InvariantCulture),
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"above {frame.Count}: special tokens leave no room for text"
                )
            );
        _first = new long[splits.Count + 1];
        for (int i = 0; i < splits.Count; i++)
            _first[i + 1] = _first[i] + (long)Math.Round(Windows(i) * splits[i].Weight);
        if (PerEpoch == 0)
            throw new InputException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"the corpus has {splits.Sum(split => split.Tokens)} tokens, fewer than one sequence of {length}: add text or "
                        + $"lower `max-length`"
                )
            );
    }

    /// <summary>Documents become sequences of their own.</summary>
    public bool CutAtDocuments { get; init; }

    /// <inheritdoc/>
    public long PerEpoch => _first[^1];

    private bool Shuffled { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TrainingSequence> At(long index)
    {
        long epoch = index / PerEpoch, place = index % PerEpoch;
        if (Shuffled) place = new Permutation(PerEpoch, CounterRandom.Key(_seed, (ulong)epoch))[place];
        int source = Array.BinarySearch(_first, place);
        if (source < 0) source = ~source - 1;
        while (_first[source + 1] == _first[source]) source++;

        long windows = Windows(source), local = place - _first[source];
        (long window, long repeat) = (local % windows, local / windows);
        // A fraction of a source is another part of it in every epoch.
        if (Shuffled) window = new Permutation(windows, CounterRandom.Key(_seed, (ulong)epoch, (ulong)source, (ulong)repeat))[window];
        long offset = Shuffled ? (long)(CounterRandom.Key(_seed, (ulong)epoch, (ulong)source) % (ulong)_text) : 0;
        int[] text = new int[_text];
        _splits[source].Read(offset + (window * _text), text);
        ulong number = CounterRandom.Key((ulong)source, (ulong)offset, (ulong)window),
            visit = CounterRandom.Key((ulong)epoch, (ulong)repeat);
        return CutAtDocuments ? Cut(text, number, visit) : [new TrainingSequence(_frame.Around(WithoutLastSeparator(text)), number, visit)];
    }

    // Room for the offset of any epoch, so that all epochs have equally many windows.
    private long Windows(int source) => Math.Max(0, (_splits[source].Tokens - (Shuffled ? _text - 1 : 0)) / _text);

    // [SEP] [SEP] at the end would be a sequence the model never meets again; the frame's own is enough.
    private ReadOnlySpan<int> WithoutLastSeparator(int[] text) =>
        _frame.Last == _separatorId && text[^1] == _separatorId && text.Length > 1 ? text.AsSpan(0, text.Length - 1) : text;

    private List<TrainingSequence> Cut(int[] text, ulong number, ulong visit)
    {
        List<TrainingSequence> sequences = [];
        for (int start = 0; start < text.Length;)
        {
            int length = Array.IndexOf(text, _separatorId, start) is >= 0 and int separator ? separator - start : text.Length - start;
            if (length > 0)
                sequences.Add(
                    new TrainingSequence(_frame.Around(text.AsSpan(start, length)), CounterRandom.Key(number, (ulong)start), visit)
                );
            start += length + 1;
        }

        return sequences.Count > 0 ? sequences : [new TrainingSequence(_frame.Around(text), number, visit)];
    }
}
