namespace Graft.Evaluation;

/// <summary>How often each class was predicted for each true class: rows are the truth, columns the prediction.</summary>
/// <example>truth 0 0 1, predictions 0 1 1 → [[1, 1], [0, 1]]</example>
internal sealed class ConfusionMatrix
{
    private readonly long[,] _counts;
    private readonly long[] _supports;
    private readonly long[] _predictions;

    /// <summary>Counts pairs of true and predicted class numbers, each from 0 to <paramref name="classes"/> − 1.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public ConfusionMatrix(ReadOnlySpan<int> truth, ReadOnlySpan<int> predicted, int classes)
    {
        if (truth.Length != predicted.Length)
            throw new ArgumentException($"{truth.Length} true classes but {predicted.Length} predictions.", nameof(predicted));
        Classes = classes;
        Total = truth.Length;
        _counts = new long[classes, classes];
        _supports = new long[classes];
        _predictions = new long[classes];
        for (int i = 0; i < truth.Length; i++)
        {
            _counts[truth[i], predicted[i]]++;
            _supports[truth[i]]++;
            _predictions[predicted[i]]++;
        }
    }

    /// <summary>The number of classes, those that never occur included.</summary>
    public int Classes { get; }

    /// <summary>The number of examples.</summary>
    public long Total { get; }

    /// <summary>How often <paramref name="predicted"/> was predicted where <paramref name="truth"/> is true.</summary>
    public long this[int truth, int predicted] => _counts[truth, predicted];

    /// <summary>The number of right predictions.</summary>
    public long Right
    {
        get
        {
            long right = 0;
            for (int c = 0; c < Classes; c++) right += _counts[c, c];
            return right;
        }
    }

    /// <summary>How often a class is true.</summary>
    public long Support(int label) => _supports[label];

    /// <summary>How often a class was predicted.</summary>
    public long Predicted(int label) => _predictions[label];

    /// <summary>Hits, false alarms and misses of one class.</summary>
    internal OutcomeCounts Outcomes(int label)
    {
        long hits = _counts[label, label];
        return new OutcomeCounts(hits, _predictions[label] - hits, _supports[label] - hits);
    }
}
