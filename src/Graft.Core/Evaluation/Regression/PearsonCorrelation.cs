namespace Graft.Evaluation;

/// <summary>Linear correlation, from −1 to 1. Computed from centred values, so that a large offset costs no digits.</summary>
internal static class PearsonCorrelation
{
    /// <summary>NaN when either side is constant.</summary>
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double meanA = Summary.Mean(a), meanB = Summary.Mean(b), product = 0, squaresA = 0, squaresB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double x = a[i] - meanA, y = b[i] - meanB;
            product += x * y;
            squaresA += x * x;
            squaresB += y * y;
        }

        return squaresA == 0 || squaresB == 0 ? double.NaN : Math.Clamp(product / Math.Sqrt(squaresA) / Math.Sqrt(squaresB), -1, 1);
    }
}
