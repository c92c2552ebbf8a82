namespace Graft.Evaluation;

/// <summary>
/// The correlation between truth and prediction, from −1 to 1, in its form for any number of classes (R_K, Gorodkin 2004); the metric of
/// CoLA.
/// </summary>
internal static class MatthewsCorrelation
{
    /// <summary>0 when truth or prediction is constant, as scikit-learn has it.</summary>
    public static double Of(ConfusionMatrix confusion)
    {
        double total = confusion.Total;
        double agreement = 0, truthSquares = 0, predictionSquares = 0;
        for (int c = 0; c < confusion.Classes; c++)
        {
            double support = confusion.Support(c), predicted = confusion.Predicted(c);
            agreement += support * predicted;
            truthSquares += support * support;
            predictionSquares += predicted * predicted;
        }

        double covariance = (confusion.Right * total) - agreement;
        double truthVariance = (total * total) - truthSquares;
        double predictionVariance = (total * total) - predictionSquares;
        return truthVariance * predictionVariance == 0 ? 0 : covariance / Math.Sqrt(truthVariance * predictionVariance);
    }
}
