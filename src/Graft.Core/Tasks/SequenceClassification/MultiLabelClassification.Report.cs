using Graft.Evaluation;
using Graft.Reports;

namespace Graft.Tasks.SequenceClassification;

/// <content>The task's own part of the report.</content>
public sealed partial record MultiLabelClassification
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        bool[][] truth = Truth(data), found = [.. predictions.Select(prediction => ((LabelsPrediction)prediction).Flags)];
        IReadOnlyList<string> Row(string label, int i)
        {
            int right = Count(j => truth[j][i] && found[j][i]),
                missed = Count(j => truth[j][i] && !found[j][i]),
                wrong = Count(j => !truth[j][i] && found[j][i]);
            string Share(int part, int whole) => Format.Percent(whole == 0 ? double.NaN : (double)part / whole);
            return
            [
                label,
                Share(right, right + wrong),
                Share(right, right + missed),
                Share(2 * right, (2 * right) + wrong + missed),
                Format.Count(missed),
                Format.Count(wrong),
                Format.Count(right + missed),
            ];
        }

        yield return new ReportSection(
            "Labels",
            [
                new Paragraph(FormattableString.Invariant($"A label is given from a probability of {Threshold:0.###} on.")),
                new ReportTable(
                    "By label",
                    ["label", "precision", "recall", "F1", "missed", "wrongly given", "examples"],
                    [.. Labels.Select(Row)],
                    NumericFrom: 1
                ),
            ]
        );

        int Count(Func<int, bool> holds) => Enumerable.Range(0, truth.Length).Count(holds);
    }
}
