using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;

namespace Graft.Tasks.SequenceClassification;

/// <content>The task's own part of the report.</content>
public sealed partial record TextRegression
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        double[] truth = Truth(data),
            found = [.. predictions.Select(prediction => ValueOf(prediction))];
        yield return new ReportSection(
            "Numbers",
            [
                new PlotBlock(new ScatterPlot("Predicted by true number", truth, found)),
                new ReportTable(
                    "The largest errors",
                    ["text", "true", "predicted"],
                    [
                        .. Enumerable
                            .Range(0, truth.Length)
                            .OrderByDescending(i => Math.Abs(truth[i] - found[i]))
                            .Take(MostErrors)
                            .Select(i => (IReadOnlyList<string>)[data.TextOf(i), Format.Number(truth[i]), Format.Number(found[i])]),
                    ],
                    NumericFrom: 1
                ),
            ]
        );
    }
}
