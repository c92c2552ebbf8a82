using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>A baseline's score, for the same metric as the model's first.</summary>
/// <param name="Name">What it is: <c>most frequent class</c>.</param>
/// <param name="Value">The score.</param>
internal sealed record BaselineScore(string Name, double Value);

/// <summary>The scores, large, and the baselines beside them.</summary>
internal static class ScoresSection
{
    /// <summary>Builds the section.</summary>
    /// <param name="scores">The model's scores; the first is the main one.</param>
    /// <param name="baselines">Scores of the baselines for that metric.</param>
    /// <param name="examples">How many examples were scored.</param>
    public static ReportSection Build(IReadOnlyList<NamedScore> scores, IReadOnlyList<BaselineScore> baselines, int examples)
    {
        List<ReportBlock> blocks =
        [
            new KeyFigures(
                scores
                    .Select(score =>
                        score.IsShare
                            ? new KeyFigure(Name(score.Name), Format.Percent(score.Interval.Value), Format.Interval(score.Interval))
                            : new KeyFigure(
                                Name(score.Name),
                                Format.Number(score.Interval.Value),
                                score.Interval.HasEnds ? $"{Format.Number(score.Interval.Low)} – {Format.Number(score.Interval.High)}" : "–"
                            )
                    )
                    .ToArray()
            ),
            new Paragraph(
                $"Scored on {Format.Count(examples)} examples. The range under a score is its 95 % bootstrap interval: had other "
                    + $"examples of the same kind been drawn, the score would most likely lie in it."
            ),
        ];
        if (baselines.Count > 0)
        {
            IEnumerable<Bar> bars = baselines.Select(baseline => new Bar(baseline.Name, ScoreInterval.Of(baseline.Value), Muted: true));
            blocks.Add(
                new PlotBlock(
                    new BarPlot(
                        $"{Name(scores[0].Name)} beside baselines that know no language",
                        [new Bar("this model", scores[0].Interval), .. bars]
                    )
                )
            );
        }

        return new ReportSection("Scores", blocks);
    }

    /// <summary><c>macro_f1</c> → <c>macro F1</c>.</summary>
    private static string Name(string metric) => metric.Replace('_', ' ').Replace("f1", "F1", StringComparison.Ordinal);
}
