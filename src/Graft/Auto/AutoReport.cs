using System.Globalization;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Runs;
using Graft.Tasks;

namespace Graft.Auto;

/// <summary>The page about a choice: <c>auto.html</c> beside the winner's own report.</summary>
internal static class AutoReport
{
    public static void Write(AutoOptions options, AutoData data, RunChoice choice, IReadOnlyList<SuspiciousText> suspicious)
    {
        ReportTable table = new(
            "What was compared, with 90 % intervals",
            ["way", choice.Estimate.Metric.Replace('_', ' '), "from", "to", "seconds", "status"],
            [
                .. choice
                    .Candidates.OrderByDescending(candidate => candidate.Score ?? double.MinValue)
                    .Select(candidate =>
                        (IReadOnlyList<string>)
                            [
                                candidate.Name,
                                Share(candidate.Score),
                                Share(candidate.Low),
                                Share(candidate.High),
                                candidate.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
                                candidate.Status,
                            ]
                    ),
            ],
            NumericFrom: 1
        );
        string more = choice.HundredMoreLabels is double gain
            ? string.Create(CultureInfo.InvariantCulture, $"A hundred more labels would bring about {100 * gain:0.0} points.")
            : "";
        new Report($"Choice: {Path.GetFileName(options.Output.TrimEnd('/'))}", $"{data.Train.Count} examples of {options.Train}")
            .Add(
                new ReportSection(
                    "Verdict",
                    [
                        new Paragraph(choice.Verdict + "."),
                        new Paragraph(
                            "The expected score is corrected for the luck of having been chosen (bootstrap-corrected cross-validation, "
                                + "Tsamardinos et al. 2018); the table's scores are not. "
                                + more
                        ),
                        table,
                    ]
                )
            )
            .Add(
                TrustSection.SuspiciousLabels(
                    [.. suspicious.Select(label => (label.Place, label.Text, label.Given, label.Likely, label.Margin))]
                )
            )
            .Write(Path.Combine(options.Output, "auto.html"));
    }

    private static string Share(double? value) => value is double share ? Format.Percent(share) : "–";
}
