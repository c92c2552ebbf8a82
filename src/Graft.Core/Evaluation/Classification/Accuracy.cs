namespace Graft.Evaluation;

/// <summary>The share of right predictions, from 0 to 1.</summary>
internal static class Accuracy
{
    /// <summary>The accuracy of predicted class numbers; NaN without examples.</summary>
    public static double Of(ReadOnlySpan<int> truth, ReadOnlySpan<int> predicted)
    {
        int right = 0;
        for (int i = 0; i < truth.Length; i++) right += truth[i] == predicted[i] ? 1 : 0;
        return (double)right / truth.Length;
    }

    /// <summary>The accuracy that a confusion matrix shows; NaN without examples.</summary>
    public static double Of(ConfusionMatrix confusion) => (double)confusion.Right / confusion.Total;

    /// <summary>The mean of accuracy and F1 of class 1, as GLUE scores MRPC and QQP.</summary>
    public static double MeanWithF1(ConfusionMatrix confusion) => (Of(confusion) + PrecisionRecallF1.Binary(confusion).F1) / 2;
}
