using Graft.Evaluation;

namespace Graft.Tasks.Contrastive;

/// <summary>
/// The convex classifier on texts' vectors of length 1: L2-regularised logistic regression, for several labels one of each.
/// </summary>
internal static class VectorClassifierFit
{
    private const int Folds = 5;
    private const double Clearly = 0.98;
    private static readonly double[] s_inverses = [1, 10, 100];

    /// <summary>
    /// The inverse penalty C (1, 10 or 100): a larger one where the log loss of held-out texts is clearly smaller with it, as with many
    /// classes of few texts. Chosen on vectors that have not been tuned on these labels: on tuned ones every C looks good.
    /// </summary>
    /// <inheritdoc cref="Fit"/>
    public static double ChooseC(IReadOnlyList<Feature> features, float[] vectors, int labels)
    {
        int width = vectors.Length / features.Count;
        int[] fold = FoldsOf(features);
        double best = double.PositiveInfinity, chosen = s_inverses[0];
        foreach (double c in s_inverses)
        {
            double loss = 0;
            for (int held = 0; held < Folds; held++)
            {
                int[] inside = [.. Enumerable.Range(0, features.Count).Where(i => fold[i] != held)],
                    outside = [.. Enumerable.Range(0, features.Count).Where(i => fold[i] == held)];
                if (inside.Length == 0 || outside.Length == 0)
                    continue;
                LinearClassifier classifier = Fit([.. inside.Select(i => features[i])], Rows(vectors, width, inside), labels, c);
                loss += outside.Length * Loss([.. outside.Select(i => features[i])], classifier.Score(Rows(vectors, width, outside)));
            }

            if (loss < Clearly * best) (best, chosen) = (loss, c);
        }

        return chosen;
    }

    /// <summary>The rows of some texts.</summary>
    public static float[] Rows(float[] vectors, int width, IReadOnlyList<int> places)
    {
        float[] rows = new float[places.Count * width];
        for (int row = 0; row < places.Count; row++) vectors.AsSpan(places[row] * width, width).CopyTo(rows.AsSpan(row * width));
        return rows;
    }

    /// <summary>A fold for each text, labels spread evenly.</summary>
    private static int[] FoldsOf(IReadOnlyList<Feature> features)
    {
        int[] fold = new int[features.Count];
        int next = 0;
        foreach (
            IGrouping<string, int> group in Enumerable
                .Range(0, features.Count)
                .GroupBy(
                    i =>
                        features[i].Target is ClassTarget one
                            ? $"{one.Class}"
                            : string.Join(' ', ((LabelsTarget)features[i].Target!).Flags),
                    StringComparer.Ordinal
                )
        )
        {
            foreach (int text in group) fold[text] = next++ % Folds;
        }

        return fold;
    }

    /// <summary>Fits it.</summary>
    /// <param name="features">The texts, all with a class or with labels.</param>
    /// <param name="vectors">[texts, width], row-major.</param>
    /// <param name="labels">The number of labels.</param>
    /// <param name="c">The inverse of the penalty.</param>
    public static LinearClassifier Fit(IReadOnlyList<Feature> features, float[] vectors, int labels, double c = 1)
    {
        int width = vectors.Length / features.Count;
        if (features[0].Target is ClassTarget)
            return LogisticRegression.FitPlain(
                vectors,
                width,
                [.. features.Select(feature => ((ClassTarget)feature.Target!).Class)],
                labels,
                c
            );
        float[] weight = new float[labels * width],
            bias = new float[labels];
        for (int label = 0; label < labels; label++)
        {
            LinearClassifier own = LogisticRegression.FitPlain(
                vectors,
                width,
                [.. features.Select(feature => ((LabelsTarget)feature.Target!).Flags[label] > 0 ? 1 : 0)],
                2,
                c
            );
            for (int i = 0; i < width; i++)
                weight[(label * width) + i] = own.Weight[width + i] - own.Weight[i];
            bias[label] = own.Bias[1] - own.Bias[0];
        }

        return new LinearClassifier(weight, bias);
    }

    /// <summary>The labels of each text, for drawing pairs.</summary>
    public static int[][] LabelsOf(IReadOnlyList<Feature> features) =>
        [
            .. features.Select(feature =>
                feature.Target switch
                {
                    ClassTarget one => new[] { one.Class },
                    LabelsTarget several => [.. Enumerable.Range(0, several.Flags.Length).Where(label => several.Flags[label] > 0)],
                    _ => throw new InputException(
                        "contrastive tuning tells labels apart: it is for text-classification and multi-label-classification"
                    ),
                }
            ),
        ];

    /// <summary>The mean log loss of scores: of the class, or over labels that of each.</summary>
    public static double Loss(IReadOnlyList<Feature> features, float[][] scores)
    {
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (features[i].Target is ClassTarget one)
            {
                double most = scores[i].Max();
                sum += most + Math.Log(scores[i].Sum(score => Math.Exp(score - most))) - scores[i][one.Class];
                continue;
            }

            float[] flags = ((LabelsTarget)features[i].Target!).Flags;
            sum += flags
                .Select(
                    (flag, label) =>
                        Math.Max(scores[i][label], 0) - (scores[i][label] * flag) + Math.Log(1 + Math.Exp(-Math.Abs(scores[i][label])))
                )
                .Average();
        }

        return sum / scores.Length;
    }
}
