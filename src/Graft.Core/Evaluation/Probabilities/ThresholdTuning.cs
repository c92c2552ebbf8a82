using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>A threshold and the F1 it reaches where it was chosen.</summary>
/// <param name="Threshold">A label is predicted where its score is at least this.</param>
/// <param name="F1">On the data it was tuned on.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TunedThreshold(double Threshold, double F1);

/// <summary>Chooses the threshold of multi-label decisions on development data.</summary>
internal static class ThresholdTuning
{
    /// <summary>
    /// The threshold with the best F1 for one label: midway between two neighbouring scores; 0.5 when nothing is positive.
    /// </summary>
    public static TunedThreshold Best(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        double[] keys = scores.ToArray();
        bool[] labels = truth.ToArray();
        Array.Sort(keys, labels);
        long positives = labels.LongCount(label => label), hits = 0;
        TunedThreshold best = new(0.5, 0);
        for (int i = keys.Length - 1; i >= 0; i--)
        {
            hits += labels[i] ? 1 : 0;
            if (i > 0 && keys[i - 1] == keys[i]) continue;
            double f1 = 2.0 * hits / (keys.Length - i + positives);
            if (f1 > best.F1) best = new TunedThreshold(i > 0 ? (keys[i] + keys[i - 1]) / 2 : keys[i], f1);
        }

        return best;
    }

    /// <summary>The one threshold for all labels with the best micro F1.</summary>
    /// <param name="truth">[examples][labels].</param>
    /// <param name="scores">[examples][labels].</param>
    public static TunedThreshold BestForAll(IReadOnlyList<bool[]> truth, IReadOnlyList<double[]> scores) =>
        Best(truth.SelectMany(row => row).ToArray(), scores.SelectMany(row => row).ToArray());
}
