using Graft.Evaluation;

namespace Graft.Labelling;

/// <summary>What labels are worth and which are doubtful, each text asked of a model that was fitted without it.</summary>
internal static class LabelCrossValidation
{
    private const int Folds = 10, CurveFolds = 3, LeastRandom = 10, LeastForCurve = 40;
    private const double Level = 0.90;

    /// <summary>One labelled text.</summary>
    /// <param name="Row">The row of vectors.</param>
    /// <param name="Target">The labels.</param>
    /// <param name="Random">Whether it was drawn at random.</param>
    internal readonly record struct Example(int Row, int[] Target, bool Random);

    /// <summary>An answer that was given, and what a model that did not see it says.</summary>
    internal readonly record struct Doubt(int Row, int[] Answer, double Probability);

    /// <summary>Measures; null where too little is known.</summary>
    /// <param name="features">[texts, width].</param>
    /// <param name="width">The size of a vector.</param>
    /// <param name="examples">The labelled texts in the order of their labels.</param>
    /// <param name="labels">The number of label names.</param>
    /// <param name="several">Whether a text may have several.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static (LabellingEstimate? Estimate, IReadOnlyList<Doubt> Doubts) Measure(
        float[] features, int width, IReadOnlyList<Example> examples, int labels, bool several, CancellationToken cancellationToken)
    {
        List<Doubt> doubts = [];
        int right = 0, asked = 0;
        for (int fold = 0; fold < Folds; fold++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int held = fold;
            Example[] train = [.. examples.Where((_, i) => i % Folds != held)];
            LabelModel? model = Fit(features, width, train, labels, several);
            for (int i = fold; i < examples.Count; i += Folds)
            {
                Example example = examples[i];
                if (model is null)
                {
                    if (example.Random) asked++;
                    continue;
                }

                double[] probabilities = model.Probabilities(features.AsSpan(example.Row * width, width));
                int[] answer = model.Answer(probabilities);
                bool isRight = answer.AsSpan().SequenceEqual(example.Target);
                if (example.Random)
                {
                    asked++;
                    if (isRight) right++;
                }

                if (!isRight) doubts.Add(new Doubt(example.Row, answer, model.ProbabilityOf(probabilities, example.Target)));
            }
        }

        if (asked < LeastRandom)
            return (null, doubts);
        double? gain =
            examples.Count < LeastForCurve
                ? null
                : Gain(features, width, examples, labels, several, 1 - ((double)right / asked), cancellationToken);
        return (new LabellingEstimate(ProportionInterval.Wilson(right, asked, Level), asked, gain), doubts);
    }

    /// <summary>Fits the learning curve to the error with a quarter, half and all of the labels, in the order they were given.</summary>
    private static double? Gain(
        float[] features,
        int width,
        IReadOnlyList<Example> examples,
        int labels,
        bool several,
        double error,
        CancellationToken cancellationToken
    )
    {
        List<double> counts = [], errors = [];
        foreach (int part in new[] { 4, 2 })
        {
            int wrong = 0, asked = 0, count = 0;
            for (int fold = 0; fold < CurveFolds; fold++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Example[] train = [.. examples.Take(examples.Count / part).Where((_, i) => i % CurveFolds != fold || !examples[i].Random)];
                count += train.Length;
                if (Fit(features, width, train, labels, several) is not LabelModel model) return null;
                HashSet<int> seen = [.. train.Select(example => example.Row)];
                for (int i = fold; i < examples.Count; i += CurveFolds)
                {
                    if (!examples[i].Random || seen.Contains(examples[i].Row)) continue;
                    asked++;
                    if (
                        !model
                            .Answer(model.Probabilities(features.AsSpan(examples[i].Row * width, width)))
                            .AsSpan()
                            .SequenceEqual(examples[i].Target)
                    )
                        wrong++;
                }
            }

            if (asked == 0) return null;
            counts.Add((double)count / CurveFolds);
            errors.Add((double)wrong / asked);
        }

        counts.Add(examples.Count);
        errors.Add(error);
        LearningCurve curve = LearningCurve.Fit(counts, errors);
        return Math.Max(0, curve.ErrorAt(examples.Count) - curve.ErrorAt(examples.Count + 100));
    }

    private static LabelModel? Fit(float[] features, int width, Example[] train, int labels, bool several) =>
        LabelModel.Fit(
            features,
            width,
            [.. train.Select(example => example.Row)],
            [.. train.Select(example => example.Target)],
            labels,
            several
        );
}
