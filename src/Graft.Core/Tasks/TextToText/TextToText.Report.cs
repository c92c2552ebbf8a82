using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;

namespace Graft.Tasks.TextToText;

/// <content>The task's own part of the report.</content>
public sealed partial record TextToText
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        (double Credit, int Example)[] worst =
        [
            .. predictions
                .Select((prediction, i) => (Credit: CreditOf(data, i, prediction), Example: i))
                .Where(item => item.Credit < 1)
                .OrderBy(item => item.Credit)
                .Take(15),
        ];
        if (worst.Length == 0)
            yield break;
        yield return new ReportSection(
            "Texts written worst",
            [
                new ReportTable(
                    "The lowest ROUGE-L first",
                    ["source", "expected", "written", "ROUGE-L"],
                    [
                        .. worst.Select(item =>
                            (IReadOnlyList<string>)
                                [
                                    data.TextOf(item.Example),
                                    TruthOf(data, item.Example),
                                    predictions[item.Example].Answer,
                                    Format.Percent(item.Credit),
                                ]
                        ),
                    ],
                    NumericFrom: 3
                ),
            ]
        );
    }
}
