namespace Graft.Evaluation;

/// <summary>The area under the ROC curve: the chance that a positive example scores above a negative one, ties counting one half.</summary>
internal static class RocAuc
{
    /// <summary>The area of two classes; NaN when only one occurs.</summary>
    public static double Of(ReadOnlySpan<bool> truth, ReadOnlySpan<double> scores)
    {
        List<(long False, long True)> steps = Ranking.Steps(truth, scores);
        if (steps.Count == 0 || steps[^1].False == 0 || steps[^1].True == 0) return double.NaN;
        double twiceArea = 0;
        (long False, long True) previous = (0, 0);
        foreach ((long False, long True) step in steps)
        {
            twiceArea += (double)(step.False - previous.False) * (step.True + previous.True);
            previous = step;
        }

        return twiceArea / 2 / ((double)steps[^1].False * steps[^1].True);
    }

    /// <summary>The mean over classes of each against the rest; <paramref name="weighted"/> by how often each is true.</summary>
    /// <param name="truth">Class numbers.</param>
    /// <param name="probabilities">[examples][classes].</param>
    /// <param name="weighted">False: all classes equally heavy.</param>
    public static double OneVersusRest(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, bool weighted = false)
    {
        double sum = 0, weights = 0;
        for (int c = 0; c < probabilities[0].Length; c++)
        {
            int label = c;
            double weight = weighted ? truth.Count(value => value == label) : 1;
            sum += weight * Of(truth.Select(value => value == label).ToArray(), probabilities.Select(row => row[label]).ToArray());
            weights += weight;
        }

        return sum / weights;
    }

    /// <summary>The mean over pairs of classes, each pair scored with the probability of either (Hand and Till 2001).</summary>
    /// <param name="truth">Class numbers.</param>
    /// <param name="probabilities">[examples][classes].</param>
    public static double OneVersusOne(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities)
    {
        int classes = probabilities[0].Length;
        double sum = 0;
        for (int a = 0; a < classes; a++)
        {
            for (int b = a + 1; b < classes; b++) sum += Between(truth, probabilities, a, b) + Between(truth, probabilities, b, a);
        }

        return sum / (classes * (classes - 1));
    }

    private static double Between(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, int positive, int negative)
    {
        int[] members = Enumerable.Range(0, truth.Count).Where(i => truth[i] == positive || truth[i] == negative).ToArray();
        return Of(members.Select(i => truth[i] == positive).ToArray(), members.Select(i => probabilities[i][positive]).ToArray());
    }
}
