using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>A classified example, as the report needs it.</summary>
/// <param name="Text">The text, with the second one below it for pairs.</param>
/// <param name="Line">The line in the file.</param>
/// <param name="Truth">The true class.</param>
/// <param name="Probabilities">The probability of each class.</param>
internal sealed record ClassifiedExample(string Text, long Line, int Truth, double[] Probabilities)
{
    /// <summary>The most probable class.</summary>
    public int Predicted { get; } = Calibration.ArgMax(Probabilities);
}

/// <summary>Probabilities at a temperature.</summary>
/// <param name="Temperature">The temperature.</param>
/// <param name="Probabilities">[examples][classes].</param>
/// <param name="How">What it was fitted on.</param>
internal sealed record ScaledConfidence(double Temperature, double[][] Probabilities, string How);

/// <summary>
/// Sections about a classifier: which classes are confused, how far its confidence can be trusted, and its worst mistakes.
/// </summary>
internal static class ClassificationSection
{
    private const int MostConfusions = 12;
    private const int MistakesEach = 3;
    private const int MostHardest = 12;
    private const int LongestText = 400;
    private const int MostBars = 20;

    /// <summary>The confusion matrix and scores by class, with bootstrap intervals.</summary>
    public static ReportSection Classes(IReadOnlyList<ClassifiedExample> examples, IReadOnlyList<string> labels, ulong seed = 0)
    {
        int[] truth = examples.Select(example => example.Truth).ToArray(),
            predicted = examples.Select(example => example.Predicted).ToArray();
        ConfusionMatrix confusion = new(truth, predicted, labels.Count);
        PrecisionRecallF1[] classes = PrecisionRecallF1.PerClass(confusion);
        ScoreInterval[] intervals = F1Intervals(truth, predicted, labels.Count, seed);
        ReportTable table = new(
            "By class; the range is the 95 % bootstrap interval of F1",
            ["class", "precision", "recall", "F1", "range of F1", "examples"],
            labels
                .Select(
                    (label, c) =>
                        (IReadOnlyList<string>)
                            [
                                label,
                                Format.Percent(classes[c].Precision),
                                Format.Percent(classes[c].Recall),
                                Format.Percent(classes[c].F1),
                                Format.Interval(intervals[c]),
                                Format.Count(confusion.Support(c)),
                            ]
                )
                .ToArray(),
            NumericFrom: 1
        );
        Bar[] weakest = labels.Select((label, c) => new Bar(label, intervals[c])).OrderBy(bar => bar.Score.Value).Take(MostBars).ToArray();
        string bars = labels.Count > MostBars ? $"F1 of the {MostBars} weakest classes" : "F1 by class, weakest first";
        return new ReportSection(
            "Classes",
            [new PlotBlock(new HeatMap("Confusion matrix", labels, confusion), new BarPlot(bars, weakest)), table]
        );
    }

    /// <summary>Reliability before and after temperature scaling.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="scaled">The same examples at a temperature that was fitted on others; null when there is none.</param>
    public static ReportSection CalibrationOf(IReadOnlyList<ClassifiedExample> examples, ScaledConfidence? scaled = null)
    {
        int[] truth = examples.Select(example => example.Truth).ToArray();
        double[][] probabilities = examples.Select(example => example.Probabilities).ToArray();
        List<Plot> plots = [new ReliabilityPlot("Reliability", Calibration.Bins(truth, probabilities))];
        List<KeyFigure> figures =
        [
            new KeyFigure("calibration error", Format.Percent(Calibration.ExpectedError(truth, probabilities)), "15 bins"),
            new KeyFigure("mean confidence", Format.Percent(examples.Average(example => example.Probabilities[example.Predicted]))),
            new KeyFigure("log loss", Format.Number(LogLoss.Of(truth, probabilities)), "nats"),
        ];
        if (scaled is not null)
        {
            plots.Add(
                new ReliabilityPlot($"With temperature {Format.Number(scaled.Temperature)}", Calibration.Bins(truth, scaled.Probabilities))
            );
            figures.Add(
                new KeyFigure(
                    "after scaling",
                    Format.Percent(Calibration.ExpectedError(truth, scaled.Probabilities)),
                    $"temperature {Format.Number(scaled.Temperature)}, {scaled.How}"
                )
            );
        }

        return new ReportSection(
            "Calibration",
            [
                new KeyFigures(figures),
                new PlotBlock(plots),
                new Paragraph(
                    "Bars on the dashed line would mean that of predictions made with 80 % confidence, 80 % are right. Below the line "
                        + "the model is too sure of itself. The darker a bar, the more predictions it stands for."
                ),
            ]
        );
    }

    /// <summary>
    /// The mistakes made with most confidence, and mistakes grouped by what was taken for what; null when there are none.
    /// </summary>
    public static ReportSection? Mistakes(IReadOnlyList<ClassifiedExample> examples, IReadOnlyList<string> labels)
    {
        ClassifiedExample[] mistakes = examples
            .Where(example => example.Predicted != example.Truth)
            .OrderBy(example => example.Probabilities[example.Truth])
            .ToArray();
        if (mistakes.Length == 0)
            return null;
        ReportTable hardest = new(
            "The hardest examples: the truth was thought least likely. Some may be labelled wrongly",
            ["text", "true", "predicted", "p(true)", "p(predicted)", "line"],
            mistakes
                .Take(MostHardest)
                .Select(mistake =>
                    (IReadOnlyList<string>)
                        [
                            Shortened(mistake.Text),
                            labels[mistake.Truth],
                            labels[mistake.Predicted],
                            Format.Percent(mistake.Probabilities[mistake.Truth]),
                            Format.Percent(mistake.Probabilities[mistake.Predicted]),
                            Format.Count(mistake.Line),
                        ]
                )
                .ToArray(),
            NumericFrom: 3
        );
        ReportTable grouped = new(
            "Mistakes grouped by confusion, the most frequent first, with examples",
            ["true → predicted", "examples", "count"],
            mistakes
                .GroupBy(mistake => (mistake.Truth, mistake.Predicted))
                .OrderByDescending(group => group.Count())
                .Take(MostConfusions)
                .Select(group =>
                    (IReadOnlyList<string>)
                        [
                            $"{labels[group.Key.Truth]} → {labels[group.Key.Predicted]}",
                            string.Join(
                                "  •  ",
                                group.Take(MistakesEach).Select(mistake => Shortened(mistake.Text, LongestText / MistakesEach))
                            ),
                            Format.Count(group.Count()),
                        ]
                )
                .ToArray(),
            NumericFrom: 2
        );
        return new ReportSection(
            "Mistakes",
            [
                new Paragraph($"{Format.Count(mistakes.Length)} of {Format.Count(examples.Count)} examples were classified wrongly."),
                hardest,
                grouped,
            ]
        );
    }

    private static ScoreInterval[] F1Intervals(int[] truth, int[] predicted, int classes, ulong seed)
    {
        ConfusionMatrix all = new(truth, predicted, classes);
        double[][] resampled = Enumerable.Range(0, classes).Select(_ => new double[Bootstrap.DefaultResamples]).ToArray();
        int[] resampledTruth = new int[truth.Length], resampledPredicted = new int[truth.Length];
        for (int b = 0; b < Bootstrap.DefaultResamples; b++)
        {
            CounterRandom random = new(CounterRandom.Key(seed, (ulong)b));
            for (int i = 0; i < truth.Length; i++)
            {
                int position = random.NextInt(truth.Length);
                (resampledTruth[i], resampledPredicted[i]) = (truth[position], predicted[position]);
            }

            PrecisionRecallF1[] scores = PrecisionRecallF1.PerClass(new ConfusionMatrix(resampledTruth, resampledPredicted, classes));
            for (int c = 0; c < classes; c++) resampled[c][b] = scores[c].F1;
        }

        return PrecisionRecallF1.PerClass(all).Select((score, c) => Bootstrap.PercentileInterval(score.F1, resampled[c])).ToArray();
    }

    private static string Shortened(string text, int longest = LongestText) =>
        text.Length <= longest ? text : text[..longest].TrimEnd() + " …";
}
