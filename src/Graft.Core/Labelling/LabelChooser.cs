using System.Numerics.Tensors;

namespace Graft.Labelling;

/// <summary>Which text is worth a person's time: uncertain to the model, and unlike what is labelled already.</summary>
internal sealed class LabelChooser
{
    private const int MostCandidates = 5_000, Kept = 200;
    private readonly float[] _features; // [texts, width], length 1 each
    private readonly int _width;
    private readonly float[] _nearest; // each text's largest cosine with a labelled or asked one
    private (int Row, double Uncertainty)[] _ranked = [];

    public LabelChooser(float[] features, int width)
    {
        (_features, _width, _nearest) = (features, width, new float[features.Length / width]);
    }

    /// <summary>Takes note of a labelled text.</summary>
    public void Cover(int row)
    {
        float[] features = _features;
        ReadOnlySpan<float> covered = Vector(row);
        for (int other = 0; other < _nearest.Length; other++)
        {
            float cosine = TensorPrimitives.Dot(covered, features.AsSpan(other * _width, _width));
            if (cosine > _nearest[other]) _nearest[other] = cosine;
        }
    }

    /// <summary>Ranks up to 5,000 open texts by a new model.</summary>
    public void Rank(LabelModel model, IReadOnlyList<int> open, ref CounterRandom random)
    {
        int[] pool = [.. open];
        int count = Math.Min(pool.Length, MostCandidates);
        for (int i = 0; i < count; i++)
        {
            int j = i + random.NextInt(pool.Length - i);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        (int Row, double Uncertainty)[] scored = new (int, double)[count];
        for (int i = 0; i < count; i++) scored[i] = (pool[i], model.Uncertainty(model.Probabilities(Vector(pool[i]))));
        _ranked = [.. scored.OrderByDescending(Worth).Take(Kept)];
    }

    /// <summary>
    /// The most useful text that may be asked; without a model the least like those labelled of a few random ones. −1 where there is none.
    /// </summary>
    public int Choose(Func<int, bool> isOpen, IReadOnlyList<int> permutation, ref CounterRandom random)
    {
        (int best, double most) = (-1, double.NegativeInfinity);
        foreach ((int Row, double Uncertainty) candidate in _ranked)
        {
            if (!isOpen(candidate.Row) || Worth(candidate) <= most) continue;
            (best, most) = (candidate.Row, Worth(candidate));
        }

        if (best >= 0) return best;
        int start = random.NextInt(permutation.Count), seen = 0;
        for (int i = 0; i < permutation.Count && seen < 20; i++)
        {
            int row = permutation[(start + i) % permutation.Count];
            if (!isOpen(row)) continue;
            seen++;
            if (1 - _nearest[row] > most) (best, most) = (row, 1 - _nearest[row]);
        }

        return best;
    }

    /// <summary>The rows whose cosine with this one is at least a bound, itself not.</summary>
    public List<int> Near(int row, double from)
    {
        List<int> near = [];
        ReadOnlySpan<float> vector = Vector(row);
        for (int other = 0; other < _nearest.Length; other++)
        {
            if (other != row && TensorPrimitives.Dot(vector, Vector(other)) >= from) near.Add(other);
        }

        return near;
    }

    private double Worth((int Row, double Uncertainty) candidate) => candidate.Uncertainty * (1 - _nearest[candidate.Row]);

    private ReadOnlySpan<float> Vector(int row) => _features.AsSpan(row * _width, _width);
}
