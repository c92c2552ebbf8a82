using System.Numerics.Tensors;

namespace Graft.Inference.StaticVectors;

/// <summary>
/// A vector for each token, whatever stands beside it; a text's vector is the mean of its tokens' vectors (model2vec's StaticModel,
/// sentence-transformers' StaticEmbedding).
/// Immutable; any number of threads may use one.
/// </summary>
internal sealed class StaticTable
{
    private const float Least = 1e-32f; // as model2vec adds it to a length

    private readonly float[] _vectors;
    private readonly int[]? _rows;
    private readonly float[]? _weights;

    /// <param name="vectors">[rows, width], row-major.</param>
    /// <param name="width">Values in a vector.</param>
    /// <param name="rows">[tokens], the row of each token; null: its id.</param>
    /// <param name="weights">[tokens], a factor of each token's vector; null: 1.</param>
    public StaticTable(float[] vectors, int width, int[]? rows = null, float[]? weights = null)
    {
        (_vectors, Width, _rows, _weights) = (vectors, width, rows, weights);
        Tokens = rows?.Length ?? vectors.Length / width;
    }

    /// <summary>Values in a vector.</summary>
    public int Width { get; }

    /// <summary>Tokens that have a vector.</summary>
    public int Tokens { get; }

    /// <summary>Whether texts' vectors are brought to length 1.</summary>
    public bool Normalizes { get; init; }

    /// <summary>A token that counts nothing, the unknown one; −1 for none.</summary>
    public int Dropped { get; init; } = -1;

    /// <summary>[rows, width].</summary>
    public ReadOnlyMemory<float> Vectors => _vectors;

    /// <summary>[tokens]; null where a token's row is its id.</summary>
    public int[]? Rows => _rows;

    /// <summary>[tokens]; null where each counts once.</summary>
    public float[]? Weights => _weights;

    /// <summary>Numbers in it.</summary>
    public long ParameterCount => _vectors.LongLength + (_weights?.LongLength ?? 0);

    /// <summary>The vector of a text; zeros where no token counts.</summary>
    /// <param name="ids">The ids of its tokens.</param>
    /// <param name="vector">Written: [width].</param>
    /// <param name="most">Tokens that count at most.</param>
    /// <returns>How many of them count.</returns>
    public int Mean(ReadOnlySpan<int> ids, Span<float> vector, int most = int.MaxValue)
    {
        vector = vector[..Width];
        vector.Clear();
        int count = 0;
        foreach (int id in ids)
        {
            if (id == Dropped) continue;
            if (count == most) break;
            count++;
            ReadOnlySpan<float> row = _vectors.AsSpan((_rows is null ? id : _rows[id]) * Width, Width);
            if (_weights is null) TensorPrimitives.Add(vector, row, vector);
            else TensorPrimitives.MultiplyAdd(row, _weights[id], vector, vector);
        }

        if (count == 0) return 0;
        TensorPrimitives.Divide(vector, count, vector);
        if (Normalizes) TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector) + Least, vector);
        return count;
    }
}
