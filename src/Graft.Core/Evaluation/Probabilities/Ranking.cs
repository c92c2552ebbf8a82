namespace Graft.Evaluation;

/// <summary>Orders examples by score, the ground of all threshold curves.</summary>
internal static class Ranking
{
    /// <summary>
    /// Cumulated counts of negatives and positives with a score at or above each distinct threshold, from the highest down; tied scores
    /// form one step.
    /// </summary>
    public static List<(long FalsePositives, long TruePositives)> Steps(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        double[] keys = scores.ToArray();
        bool[] labels = truth.ToArray();
        Array.Sort(keys, labels);
        List<(long, long)> steps = [];
        long negatives = 0, positives = 0;
        for (int i = keys.Length - 1; i >= 0; i--)
        {
            if (labels[i]) positives++;
            else negatives++;
            if (i == 0 || keys[i - 1] != keys[i]) steps.Add((negatives, positives));
        }

        return steps;
    }
}
