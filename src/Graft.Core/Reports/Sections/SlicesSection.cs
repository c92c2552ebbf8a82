using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>Scores by slice: by length, by label, by a column of the data.</summary>
internal static class SlicesSection
{
    private const int MostBars = 20;

    /// <summary>Builds the section; null when there are no slices.</summary>
    /// <param name="slices">Each division by its name, with its slices' scores.</param>
    /// <param name="isShare">Whether scores are shares of right; false for minus an error, in its own unit.</param>
    public static ReportSection? Build(IReadOnlyList<(string Division, IReadOnlyList<SliceScore> Scores)> slices, bool isShare = true)
    {
        (string Division, IReadOnlyList<SliceScore> Scores)[] divided = slices.Where(slice => slice.Scores.Count > 1).ToArray();
        if (divided.Length == 0)
            return null;
        return new ReportSection(
            "Where it is weak",
            [
                new Paragraph(
                    isShare
                        ? "The mean score of parts of the examples, each with its 95 % bootstrap interval."
                        : "Minus the mean error of parts of the examples: the closer to 0 the better."
                ),
                new PlotBlock(
                    divided
                        .Select(slice =>
                            (Plot)
                                new BarPlot(
                                    $"By {slice.Division}",
                                    slice.Scores.Take(MostBars).Select(score => new Bar(score.Name, score.Score)).ToArray()
                                )
                        )
                        .ToArray()
                ),
                .. divided.Select(slice => new ReportTable(
                    $"By {slice.Division}",
                    [slice.Division, "score", "range", "examples"],
                    slice
                        .Scores.Select(score =>
                            (IReadOnlyList<string>)
                                [
                                    score.Name,
                                    isShare ? Format.Percent(score.Score.Value) : Format.Number(score.Score.Value),
                                    isShare
                                        ? Format.Interval(score.Score)
                                        : $"{Format.Number(score.Score.Low)} – {Format.Number(score.Score.High)}",
                                    Format.Count(score.Count),
                                ]
                        )
                        .ToArray(),
                    NumericFrom: 1
                )),
            ]
        );
    }
}
