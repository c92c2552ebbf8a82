namespace Graft.Evaluation;

/// <summary>A label that is probably wrong.</summary>
/// <param name="Item">Which of the items: a text, of several labels or of words one of a text's.</param>
/// <param name="Given">The class it was given.</param>
/// <param name="Likely">The class it probably has.</param>
/// <param name="Margin">The likely class's probability minus the given one's; the surest have the largest.</param>
internal readonly record struct SuspiciousLabel(int Item, int Given, int Likely, double Margin);

/// <summary>
/// Labels that are probably wrong: confident learning (Northcutt, Jiang and Chuang 2021). Each class has a threshold, the mean probability
/// of the class among the items that were given it; an item whose probability of another class reaches that class's threshold counts
/// towards the confident joint, which estimates how many of each class were meant to be another. So many, the ones with the largest
/// margin, are named (prune by noise rate).
/// </summary>
internal static class SuspiciousLabels
{
    /// <summary>The suspicious labels, the surest first.</summary>
    /// <param name="given">The class that each item was given.</param>
    /// <param name="probabilities">For each item the probability of each class, by a model that was trained without the item.</param>
    /// <param name="classes">The number of classes.</param>
    public static IReadOnlyList<SuspiciousLabel> Find(IReadOnlyList<int> given, IReadOnlyList<double[]> probabilities, int classes)
    {
        if (given.Count != probabilities.Count)
            throw new ArgumentException("one row of probabilities a label", nameof(probabilities));
        double[] thresholds = Thresholds(given, probabilities, classes);
        long[,] joint = new long[classes, classes];
        int[] counts = new int[classes];
        for (int i = 0; i < given.Count; i++)
        {
            counts[given[i]]++;
            if (Confident(probabilities[i], thresholds) is int confident and >= 0) joint[given[i], confident]++;
        }

        List<SuspiciousLabel>[,] candidates = new List<SuspiciousLabel>[classes, classes];
        for (int i = 0; i < given.Count; i++)
        {
            int likely = Best(probabilities[i]), own = given[i];
            if (likely == own) continue;
            (candidates[own, likely] ??= []).Add(new SuspiciousLabel(i, own, likely, probabilities[i][likely] - probabilities[i][own]));
        }

        List<SuspiciousLabel> found = [];
        for (int own = 0; own < classes; own++)
        {
            long sum = Enumerable.Range(0, classes).Sum(other => joint[own, other]);
            for (int other = 0; other < classes; other++)
            {
                if (candidates[own, other] is not { } named || sum == 0) continue;
                int expected = (int)Math.Round((double)joint[own, other] * counts[own] / sum); // calibrated to the class's count
                found.AddRange(named.OrderByDescending(label => label.Margin).ThenBy(label => label.Item).Take(expected));
            }
        }

        return [.. found.OrderByDescending(label => label.Margin).ThenBy(label => label.Item)];
    }

    /// <summary>The mean probability of a class among the items that were given it; of a class without items 1.</summary>
    private static double[] Thresholds(IReadOnlyList<int> given, IReadOnlyList<double[]> probabilities, int classes)
    {
        double[] sums = new double[classes];
        int[] counts = new int[classes];
        for (int i = 0; i < given.Count; i++)
        {
            sums[given[i]] += probabilities[i][given[i]];
            counts[given[i]]++;
        }

        return [.. sums.Select((sum, label) => counts[label] == 0 ? 1 : sum / counts[label])];
    }

    /// <summary>The most probable of the classes that reach their threshold; −1 for none.</summary>
    private static int Confident(double[] probabilities, double[] thresholds)
    {
        int best = -1;
        for (int label = 0; label < thresholds.Length; label++)
        {
            if (probabilities[label] >= thresholds[label] && (best < 0 || probabilities[label] > probabilities[best])) best = label;
        }

        return best;
    }

    private static int Best(double[] probabilities)
    {
        int best = 0;
        for (int label = 1; label < probabilities.Length; label++)
        {
            if (probabilities[label] > probabilities[best]) best = label;
        }

        return best;
    }
}
