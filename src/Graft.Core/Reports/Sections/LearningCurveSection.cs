using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>Would more labels help?</summary>
internal static class LearningCurveSection
{
    private const double Worthwhile = 0.005;
    private const int CurvePoints = 40;

    /// <summary>Builds the section.</summary>
    /// <param name="scores">The score by number of labels, at least three numbers of them; a band where the score has an interval.</param>
    /// <param name="scoreName">What the score is.</param>
    public static ReportSection Build(IReadOnlyList<(double Labels, ScoreInterval Score)> scores, string scoreName)
    {
        LearningCurve curve = LearningCurve.Fit(
            scores.Select(score => score.Labels).ToArray(),
            scores.Select(score => 1 - score.Score.Value).ToArray()
        );
        double first = scores.Min(score => score.Labels),
            last = scores.Max(score => score.Labels),
            gain = curve.GainOfDoubling(last);
        IEnumerable<(double, double)> fitted = Enumerable
            .Range(0, CurvePoints + 1)
            .Select(i => first * Math.Pow(2 * last / first, (double)i / CurvePoints))
            .Select(labels => (labels, 1 - curve.ErrorAt(labels)));
        return new ReportSection(
            "Would more labels help?",
            [
                new KeyFigures([
                    new KeyFigure(
                        "gain of twice the labels",
                        $"{(gain >= 0 ? "+" : "")}{Format.Percent(gain)}",
                        $"expected at {Format.Count((long)(2 * last))} labels"
                    ),
                    new KeyFigure("out of reach", Format.Percent(curve.Floor), "error that more labels would not remove"),
                ]),
                new PlotBlock(
                    new LinePlot(
                        "Score by number of labels",
                        "labels",
                        scoreName.Replace('_', ' '),
                        [new LineSeries("measured", scores), LineSeries.Of("power law", fitted)],
                        LogarithmicX: true
                    )
                ),
                new Paragraph(
                    gain >= Worthwhile
                        ? "Yes: the curve has not levelled off. The estimate carries a power law on, and is rough."
                        : "Hardly: the curve has levelled off. Better labels or a larger model promise more than more of the same."
                ),
            ]
        );
    }
}
