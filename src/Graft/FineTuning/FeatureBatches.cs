using Graft.Training;

namespace Graft.Tasks;

/// <summary>
/// Training data in a random order in which neighbours are about equally long: each epoch is shuffled, cut into windows of fifty batches,
/// each window sorted by length and cut into optimizer batches. The order is a function of (seed, epoch), so a run can go on anywhere.
/// </summary>
internal sealed class FeatureBatches : IBatchSource
{
    private const int BatchesAWindow = 50;
    private readonly IReadOnlyList<Feature> _features;
    private readonly BatchingOptions _options;
    private readonly Func<Feature, string> _describe;
    private readonly Func<Feature, double> _count;
    private long _epoch = -1;
    private int[][] _batches = [];

    /// <param name="features">What is trained on.</param>
    /// <param name="options">Sizes and seed.</param>
    /// <param name="describe">Names a feature's example for messages.</param>
    /// <param name="count">How many items a feature's loss counts: 1, or its labelled tokens.</param>
    public FeatureBatches(
        IReadOnlyList<Feature> features,
        BatchingOptions options,
        Func<Feature, string> describe,
        Func<Feature, double> count
    )
    {
        if (features.Count == 0) throw new InputException("there is nothing to train on");
        options.Validate();
        (_features, _options, _describe, _count) = (features, options, describe, count);
    }

    /// <inheritdoc/>
    public long? StepsPerEpoch => (_features.Count + _options.BatchSize - 1) / _options.BatchSize;

    /// <inheritdoc/>
    public IReadOnlyList<IMicroBatch> Batch(long step)
    {
        long epoch = step / StepsPerEpoch!.Value;
        if (epoch != _epoch) (_epoch, _batches) = (epoch, Order((ulong)epoch));
        int[] batch = _batches[step % StepsPerEpoch.Value];
        Feature[] whole = [.. batch.Select(i => _features[i])];
        return [.. Cut(batch).Select(part => new FeatureBatch(whole, part, _describe, _count))];
    }

    private int[][] Order(ulong epoch)
    {
        int[] order = [.. Enumerable.Range(0, _features.Count)];
        CounterRandom random = new(CounterRandom.Key(_options.Seed, epoch, 0x0BDE));
        random.Shuffle<int>(order);
        int window = BatchesAWindow * _options.BatchSize;
        int[][] batches = [.. order
            .Chunk(window)
            .SelectMany(chunk => chunk.OrderByDescending(i => _features[i].TokenCount).Chunk(_options.BatchSize))];
        random.Shuffle<int[]>(batches);
        return batches;
    }

    /// <summary>Cuts an optimizer batch into micro-batches: as many as asked for, and more where the token budget is smaller.</summary>
    private IEnumerable<Range> Cut(int[] batch)
    {
        int most = (batch.Length + _options.GradientAccumulation - 1) / _options.GradientAccumulation;
        int start = 0, tokens = 0;
        for (int i = 0; i < batch.Length; i++)
        {
            int length = _features[batch[i]].TokenCount;
            if (i > start && (i - start == most || tokens + length > _options.TokensAMicroBatch))
            {
                yield return start..i;
                (start, tokens) = (i, 0);
            }

            tokens += length;
        }

        yield return start..batch.Length;
    }
}

/// <summary>Sizes of batches.</summary>
internal sealed record BatchingOptions
{
    /// <summary>Features in an optimizer batch.</summary>
    /// <value>32</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Into how many micro-batches an optimizer batch is cut; changes memory, not results.</summary>
    /// <value>1</value>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>The most tokens in a micro-batch.</summary>
    /// <value>8192</value>
    public int TokensAMicroBatch { get; init; } = 8192;

    /// <summary>The seed of the order.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (BatchSize < 1) throw new InputException($"batch-size is {BatchSize}; it must be at least 1");
        if (GradientAccumulation < 1) throw new InputException($"gradient-accumulation is {GradientAccumulation}; it must be at least 1");
        if (TokensAMicroBatch < 1) throw new InputException($"tokens-per-micro-batch is {TokensAMicroBatch}; it must be at least 1");
    }
}

/// <summary>Features that go through the model at once.</summary>
public sealed class FeatureBatch : IMicroBatch
{
    private readonly Func<Feature, string> _describe;

    internal FeatureBatch(Feature[] whole, Range part, Func<Feature, string> describe, Func<Feature, double> count)
    {
        (Whole, Features, First, _describe) = (whole, whole[part], part.Start.Value, describe);
        Counts = [Features.Sum(count)];
    }

    /// <summary>The optimizer batch that this is a part of; the same array for all its parts.</summary>
    public IReadOnlyList<Feature> Whole { get; }

    /// <summary>The features.</summary>
    public IReadOnlyList<Feature> Features { get; }

    /// <summary>The place of the first feature in the optimizer batch.</summary>
    public int First { get; }

    /// <inheritdoc/>
    public int Examples => Features.Count;

    /// <inheritdoc/>
    public long Tokens => Features.Sum(feature => (long)feature.TokenCount);

    /// <inheritdoc/>
    public IReadOnlyList<double> Counts { get; }

    /// <inheritdoc/>
    public string Describe() =>
        string.Join(", ", Features.Take(4).Select(_describe)) + (Features.Count > 4 ? $" and {Features.Count - 4} more" : "");

    /// <summary>Holds nothing.</summary>
    public void Dispose()
    {
    }
}
