using System.Numerics.Tensors;

namespace Graft.Evaluation;

/// <summary>Two texts that mean almost the same.</summary>
/// <param name="First">The earlier of the two.</param>
/// <param name="Second">The later one.</param>
/// <param name="Cosine">The cosine of their vectors.</param>
internal readonly record struct NearDuplicate(int First, int Second, double Cosine);

/// <summary>
/// Pairs of texts that mean almost the same: the cosine of their vectors lies above a threshold that the data itself sets.
/// </summary>
internal static class NearDuplicates
{
    private const double Least = 0.9, Deviations = 6;
    private const int Sample = 200_000, MostPairs = 1_000, MostTexts = 20_000;
    private const ulong Purpose = 0x0D0B;

    /// <summary>
    /// The threshold: six standard deviations above the mean cosine of texts drawn at random, at least 0.9 and at most 0.995.
    /// </summary>
    /// <param name="vectors">[texts, width], row-major, of length 1.</param>
    /// <param name="width">The size of a vector.</param>
    /// <param name="seed">The seed of the draw.</param>
    public static double ThresholdOf(ReadOnlySpan<float> vectors, int width, ulong seed)
    {
        int count = vectors.Length / width;
        if (count < 2) return 1;
        CounterRandom random = new(CounterRandom.Key(seed, Purpose));
        double sum = 0, squares = 0;
        int draws = (int)Math.Min(Sample, (long)count * count);
        for (int i = 0; i < draws; i++)
        {
            int a = random.NextInt(count), b = random.NextInt(count - 1);
            if (b >= a) b++;
            double cosine = TensorPrimitives.Dot(vectors.Slice(a * width, width), vectors.Slice(b * width, width));
            sum += cosine;
            squares += cosine * cosine;
        }

        double mean = sum / draws, deviation = Math.Sqrt(Math.Max(0, (squares / draws) - (mean * mean)));
        return Math.Clamp(mean + (Deviations * deviation), Least, 0.995);
    }

    /// <summary>The pairs above the threshold, the closest first; of more than 20,000 texts among the first of them.</summary>
    /// <param name="vectors">[texts, width], row-major, of length 1.</param>
    /// <param name="width">The size of a vector.</param>
    /// <param name="threshold">The least cosine.</param>
    /// <param name="cancellationToken">Stops between texts.</param>
    public static IReadOnlyList<NearDuplicate> Find(
        float[] vectors,
        int width,
        double threshold,
        CancellationToken cancellationToken = default
    )
    {
        int count = Math.Min(MostTexts, vectors.Length / width);
        List<NearDuplicate> found = [];
        for (int i = 1; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<float> own = vectors.AsSpan(i * width, width);
            for (int j = 0; j < i; j++)
            {
                double cosine = TensorPrimitives.Dot(own, vectors.AsSpan(j * width, width));
                if (cosine >= threshold) found.Add(new NearDuplicate(j, i, Math.Min(1, cosine)));
            }
        }

        return [.. found.OrderByDescending(pair => pair.Cosine).ThenBy(pair => pair.First).Take(MostPairs)];
    }
}
