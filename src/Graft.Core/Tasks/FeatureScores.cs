namespace Graft.Tasks;

/// <summary>The head's raw scores of one feature.</summary>
/// <param name="Values">Row-major: one row for the text, or one for each token.</param>
/// <param name="Columns">Scores in a row.</param>
public readonly record struct FeatureScores(float[] Values, int Columns)
{
    /// <summary>The ids a generating model wrote; null for others.</summary>
    public IReadOnlyList<int>? Written { get; init; }

    /// <summary>The text's own vector in the model, of length 1; null where it was not asked for.</summary>
    public float[]? Vector { get; init; }

    /// <summary>The scores of a row.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);
}
