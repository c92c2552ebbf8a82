using Graft.Training;

namespace Graft.Tasks.Contrastive;

/// <summary>
/// Pairs in the order in which they were drawn; each pass of an epoch has new ones. A text that occurs in several pairs of a batch goes
/// through the model once.
/// </summary>
/// <param name="features">The texts.</param>
/// <param name="draw">The pairs of an epoch; each epoch has as many as the first.</param>
/// <param name="options">Sizes.</param>
/// <param name="describe">Names a text for messages.</param>
internal sealed class PairBatches(
    IReadOnlyList<Feature> features,
    Func<ulong, TextPair[]> draw,
    BatchingOptions options,
    Func<Feature, string> describe
) : IBatchSource
{
    private readonly long _steps = (draw(0).Length + options.BatchSize - 1) / options.BatchSize;
    private TextPair[] _pairs = draw(0);
    private long _epoch;

    public long? StepsPerEpoch => _steps;

    public IReadOnlyList<IMicroBatch> Batch(long step)
    {
        long epoch = step / _steps;
        if (epoch != _epoch) (_epoch, _pairs) = (epoch, draw((ulong)epoch));
        int first = (int)(step % _steps) * options.BatchSize;
        TextPair[] pairs = _pairs[Math.Min(first, _pairs.Length)..Math.Min(first + options.BatchSize, _pairs.Length)];
        int[] texts = [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second }).Distinct()];
        return [.. Cut(pairs).Select(part => new PairBatch(features, pairs[part], texts, describe))];
    }

    /// <summary>As many parts as asked for, and more where the token budget is smaller.</summary>
    private IEnumerable<Range> Cut(TextPair[] pairs)
    {
        int most = (pairs.Length + options.GradientAccumulation - 1) / options.GradientAccumulation;
        int start = 0, tokens = 0;
        HashSet<int> seen = [];
        for (int i = 0; i < pairs.Length; i++)
        {
            int added = New(pairs[i].First) + (pairs[i].First == pairs[i].Second ? 0 : New(pairs[i].Second));
            if (i > start && (i - start == most || tokens + added > options.TokensAMicroBatch))
            {
                yield return start..i;
                (start, tokens) = (i, 0);
                seen.Clear();
                added = New(pairs[i].First) + New(pairs[i].Second);
            }

            tokens += added;
            seen.Add(pairs[i].First);
            seen.Add(pairs[i].Second);
        }

        yield return start..pairs.Length;

        int New(int text) => seen.Contains(text) ? 0 : features[text].TokenCount;
    }
}

/// <summary>Pairs that go through the model at once.</summary>
internal sealed class PairBatch : IMicroBatch
{
    private readonly Func<Feature, string> _describe;

    /// <param name="features">All texts.</param>
    /// <param name="pairs">Places of texts.</param>
    /// <param name="whole">The distinct texts of the optimizer batch: a text's place among them keys its dropout masks.</param>
    /// <param name="describe">Names a text for messages.</param>
    public PairBatch(IReadOnlyList<Feature> features, TextPair[] pairs, int[] whole, Func<Feature, string> describe)
    {
        int[] texts = [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second }).Distinct()];
        Dictionary<int, long> places = texts
            .Select((text, place) => (text, place))
            .ToDictionary(entry => entry.text, entry => (long)entry.place);
        Texts = [.. texts.Select(text => features[text])];
        Sequences = [.. texts.Select(text => (long)Array.IndexOf(whole, text))];
        (First, Second) = ([.. pairs.Select(pair => places[pair.First])], [.. pairs.Select(pair => places[pair.Second])]);
        Wanted = [.. pairs.Select(pair => pair.AreEqual ? 1f : 0f)];
        Counts = [pairs.Length];
        _describe = describe;
    }

    /// <summary>Distinct texts.</summary>
    public IReadOnlyList<Feature> Texts { get; }

    /// <summary>The number of each text in the optimizer batch.</summary>
    public long[] Sequences { get; }

    /// <summary>For each pair the place of its first text in <see cref="Texts"/>.</summary>
    public long[] First { get; }

    /// <summary>For each pair the place of its second text.</summary>
    public long[] Second { get; }

    /// <summary>For each pair the cosine that is wanted.</summary>
    public float[] Wanted { get; }

    public int Examples => Wanted.Length;

    public long Tokens => Texts.Sum(text => (long)text.TokenCount);

    public IReadOnlyList<double> Counts { get; }

    public string Describe() =>
        string.Join(", ", Texts.Take(4).Select(_describe)) + (Texts.Count > 4 ? $" and {Texts.Count - 4} more" : "");

    public void Dispose()
    {
    }
}
