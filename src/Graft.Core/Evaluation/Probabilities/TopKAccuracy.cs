namespace Graft.Evaluation;

/// <summary>The share of examples whose true class is among the k most probable; ties go to the lower class number.</summary>
internal static class TopKAccuracy
{
    /// <summary>From 0 to 1; <paramref name="probabilities"/> is [examples][classes].</summary>
    public static double Of(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, int k) =>
        truth.Select((label, i) => Rank(probabilities[i], label) < k ? 1.0 : 0.0).Average();

    private static int Rank(double[] row, int label)
    {
        int before = 0;
        for (int c = 0; c < row.Length; c++)
        {
            if (row[c] > row[label] || (row[c] == row[label] && c < label)) before++;
        }

        return before;
    }
}
