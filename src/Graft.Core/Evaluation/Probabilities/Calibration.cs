using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>Predictions of similar confidence: how sure they were and how often right.</summary>
/// <param name="Count">The number of predictions.</param>
/// <param name="Confidence">The mean confidence; NaN when there are none.</param>
/// <param name="Accuracy">The share of them that is right; NaN when there are none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CalibrationBin(int Count, double Confidence, double Accuracy);

/// <summary>
/// Whether confidence means what it says. The confidence of a prediction is its largest probability; predictions fall into M equal bins
/// (0, 1/M], (1/M, 2/M] …; the expected calibration error is Σ |bin| / N · |accuracy − mean confidence| (Guo et al. 2017).
/// </summary>
internal static class Calibration
{
    /// <summary>The bins of a reliability diagram.</summary>
    /// <param name="truth">Class numbers.</param>
    /// <param name="probabilities">[examples][classes]; on ties the lower class number is the prediction.</param>
    /// <param name="bins">M.</param>
    public static CalibrationBin[] Bins(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, int bins = 15)
    {
        int[] counts = new int[bins];
        double[] confidences = new double[bins];
        int[] right = new int[bins];
        for (int i = 0; i < truth.Count; i++)
        {
            int predicted = ArgMax(probabilities[i]);
            double confidence = probabilities[i][predicted];
            int bin = Math.Clamp((int)Math.Ceiling(confidence * bins) - 1, 0, bins - 1);
            counts[bin]++;
            confidences[bin] += confidence;
            right[bin] += predicted == truth[i] ? 1 : 0;
        }

        return Enumerable
            .Range(0, bins)
            .Select(bin => new CalibrationBin(counts[bin], confidences[bin] / counts[bin], (double)right[bin] / counts[bin]))
            .ToArray();
    }

    /// <summary>The expected calibration error, from 0 to 1.</summary>
    public static double ExpectedError(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, int bins = 15) =>
        Bins(truth, probabilities, bins).Where(bin => bin.Count > 0).Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence))
        / truth.Count;

    /// <summary>The class with the largest probability, the lower number on ties.</summary>
    internal static int ArgMax(ReadOnlySpan<double> row)
    {
        int best = 0;
        for (int c = 1; c < row.Length; c++)
        {
            if (row[c] > row[best]) best = c;
        }

        return best;
    }
}
