using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>When the model does not answer, and which labels are probably wrong.</summary>
internal static class TrustSection
{
    private const int Points = 60, LeastAnswered = 5, MostLabels = 50;

    /// <summary>Coverage and accuracy: how right the surest answers are, by how many of them are given.</summary>
    /// <param name="decided">What was decided, in a sentence.</param>
    /// <param name="confidences">How sure the model is of each example.</param>
    /// <param name="right">Whether it is right.</param>
    /// <param name="answered">Whether it is answered.</param>
    public static ReportSection Abstention(string decided, double[] confidences, bool[] right, bool[] answered)
    {
        int[] order = [.. Enumerable.Range(0, right.Length).OrderByDescending(i => confidences[i])];
        int[] rightSoFar = new int[right.Length + 1];
        for (int i = 0; i < right.Length; i++) rightSoFar[i + 1] = rightSoFar[i] + (right[order[i]] ? 1 : 0);
        int[] counts =
        [
            .. Enumerable
                .Range(1, Points)
                .Select(point => (int)((long)right.Length * point / Points))
                .Where(count => count >= LeastAnswered)
                .Distinct(),
        ];
        int given = answered.Count(answer => answer), correct = right.Where((isRight, i) => isRight && answered[i]).Count();
        List<ReportBlock> blocks =
        [
            new Paragraph($"Asked for and decided: {decided}."),
            new Paragraph(
                given == 0
                    ? $"None of these {Format.Count(right.Length)} examples is answered."
                    : $"Of these {Format.Count(right.Length)} examples {Format.Percent((double)given / right.Length)} are answered, "
                        + $"{Format.Percent((double)correct / given)} of them rightly."
            ),
        ];
        if (counts.Length > 1)
            blocks.Add(
                new PlotBlock(
                    new LinePlot(
                        "Accuracy of the surest answers, with 90 % intervals",
                        "share of examples that is answered",
                        "accuracy",
                        [
                            new LineSeries(
                                "accuracy",
                                [
                                    .. counts.Select(count => (
                                        (double)count / right.Length,
                                        ProportionInterval.Wilson(rightSoFar[count], count, 0.9)
                                    )),
                                ]
                            ),
                        ]
                    )
                )
            );
        return new ReportSection("Answers and abstentions", blocks);
    }

    /// <summary>A table of the surest ones; null where there are none.</summary>
    /// <param name="labels">Place, text, given label, likely label, margin; the surest first.</param>
    public static ReportSection? SuspiciousLabels(
        IReadOnlyList<(string Place, string Text, string Given, string Likely, double Margin)> labels
    ) => labels.Count == 0 ? null : new ReportSection(
        "Suspicious labels",
        [
            new Paragraph(
                $"{Format.Count(labels.Count)} labels are probably wrong by a model that was trained without them (confident learning, "
                    + $"Northcutt et al. 2021); the surest first, all of them in suspicious.jsonl."
            ),
            new ReportTable(
                "Labels to look at",
                ["place", "text", "given", "likely", "margin"],
                [
                    .. labels.Take(MostLabels).Select(label =>
                        (IReadOnlyList<string>)[label.Place, label.Text, label.Given, label.Likely, Format.Number(label.Margin)]),
                ],
                NumericFrom: 4
            ),
        ]
    );
}
