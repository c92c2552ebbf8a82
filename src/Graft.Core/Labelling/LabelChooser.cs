using System.Numerics.Tensors;

namespace Graft.Labelling;

/// <summary>
/// Which text is worth a person's time: the one whose label would make the answers to all others surest. A linear model knows a direction
/// of the vectors the better, the more of it the labelled ones have; a text is worth what it takes off the mean variance of all texts
/// (transductive experimental design, Yu et al. 2006), times the square root of the model's own uncertainty. Outliers, which uncertainty
/// and distance alone would choose, are worth little: nothing else lies their way.
/// </summary>
internal sealed class LabelChooser
{
    private const int Kept = 100, AtHand = 100, LeastForUncertainty = 20;
    private const double Work = 1e8; // products that a ranking may cost
    private readonly Lock _gate = new();
    private readonly float[] _features; // [texts, width], length 1 each
    private readonly int _width, _mostCandidates;
    private readonly float[] _spread; // [width, width], the mean of x xᵀ over all texts
    private readonly float[] _unknown; // [width, width], (1 + Σ x xᵀ)⁻¹ over the labelled texts
    private (int Row, double Uncertainty)[] _ranked = [];

    public LabelChooser(float[] features, int width)
    {
        (_features, _width) = (features, width);
        _mostCandidates = (int)Math.Clamp(Work / width / width, 20, 1000);
        (_spread, _unknown) = (new float[width * width], new float[width * width]);
        for (int i = 0; i < width; i++) _unknown[(i * width) + i] = 1;
        int texts = features.Length / width, seen = Math.Min(texts, 2 * _mostCandidates);
        for (int i = 0; i < seen; i++) Add(_spread, Vector((int)((long)i * texts / seen)), 1f / seen);
    }

    /// <summary>Takes note of a labelled text.</summary>
    public void Cover(int row)
    {
        lock (_gate)
        {
            float[] towards = Product(_unknown, Vector(row));
            float scale = -1 / (1 + TensorPrimitives.Dot(towards, Vector(row)));
            Add(_unknown, towards, scale);
        }
    }

    /// <summary>Ranks open texts, of many a part drawn at random, by a new model.</summary>
    public void Rank(LabelModel model, IReadOnlyList<int> open, ref CounterRandom random)
    {
        int[] pool = [.. open];
        int count = Math.Min(pool.Length, _mostCandidates);
        for (int i = 0; i < count; i++)
        {
            int j = i + random.NextInt(pool.Length - i);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        float[] unknown;
        lock (_gate) unknown = [.. _unknown];
        (int Row, double Uncertainty)[] scored = new (int, double)[count];
        for (int i = 0; i < count; i++)
        {
            double unsure = model.Examples < LeastForUncertainty ? 1 : model.Uncertainty(model.Probabilities(Vector(pool[i])));
            scored[i] = (pool[i], Math.Sqrt(unsure));
        }

        _ranked = [.. scored.OrderByDescending(candidate => Worth(candidate, unknown)).Take(Kept)];
    }

    /// <summary>
    /// The most useful text that may be asked; without a model the one of a few random ones that most others resemble. −1 where there is
    /// none.
    /// </summary>
    public int Choose(Func<int, bool> isOpen, IReadOnlyList<int> permutation, ref CounterRandom random)
    {
        lock (_gate)
        {
            int best = Best(_ranked.Where(candidate => isOpen(candidate.Row)));
            if (best >= 0) return best;
            int start = random.NextInt(permutation.Count);
            return Best(
                Enumerable
                    .Range(0, permutation.Count)
                    .Select(i => permutation[(start + i) % permutation.Count])
                    .Where(isOpen)
                    .Take(Math.Min(AtHand, _mostCandidates))
                    .Select(row => (row, 1.0))
            );
        }
    }

    /// <summary>The rows whose cosine with this one is at least a bound, itself not.</summary>
    public List<int> Near(int row, double from)
    {
        List<int> near = [];
        ReadOnlySpan<float> vector = Vector(row);
        for (int other = 0; other < _features.Length / _width; other++)
        {
            if (other != row && TensorPrimitives.Dot(vector, Vector(other)) >= from) near.Add(other);
        }

        return near;
    }

    private int Best(IEnumerable<(int Row, double Uncertainty)> candidates)
    {
        (int best, double most) = (-1, double.NegativeInfinity);
        foreach ((int Row, double Uncertainty) candidate in candidates)
        {
            double worth = Worth(candidate, _unknown);
            if (worth > most) (best, most) = (candidate.Row, worth);
        }

        return best;
    }

    /// <summary>What a label takes off the mean variance: xᵀ A S A x / (1 + xᵀ A x) with the unknown A and the spread S.</summary>
    private double Worth((int Row, double Uncertainty) candidate, float[] unknown)
    {
        ReadOnlySpan<float> vector = Vector(candidate.Row);
        float[] towards = Product(unknown, vector);
        double variance = 1 + TensorPrimitives.Dot(towards, vector);
        return candidate.Uncertainty * TensorPrimitives.Dot(towards.AsSpan(), Product(_spread, towards)) / variance;
    }

    private float[] Product(float[] matrix, ReadOnlySpan<float> vector)
    {
        float[] product = new float[_width];
        for (int i = 0; i < _width; i++) product[i] = TensorPrimitives.Dot(matrix.AsSpan(i * _width, _width), vector);
        return product;
    }

    /// <summary>Adds scale · x xᵀ.</summary>
    private void Add(float[] matrix, ReadOnlySpan<float> x, float scale)
    {
        for (int i = 0; i < _width; i++)
        {
            Span<float> row = matrix.AsSpan(i * _width, _width);
            TensorPrimitives.MultiplyAdd(x, x[i] * scale, row, row);
        }
    }

    private ReadOnlySpan<float> Vector(int row) => _features.AsSpan(row * _width, _width);
}
