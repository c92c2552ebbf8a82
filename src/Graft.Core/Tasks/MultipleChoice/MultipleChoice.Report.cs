using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;

namespace Graft.Tasks.MultipleChoice;

/// <content>The task's own part of the report.</content>
public sealed partial record MultipleChoice
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IReadOnlyList<MultipleChoiceExample> examples = ((ChoiceData)data).Examples;
        int[] wrong =
        [
            .. Enumerable
                .Range(0, data.Count)
                .Where(i => CreditOf(data, i, predictions[i]) == 0)
                .OrderByDescending(i => predictions[i].Confidence),
        ];
        if (wrong.Length == 0)
            yield break;
        yield return new ReportSection(
            "Mistakes",
            [
                new Paragraph($"{Format.Count(wrong.Length)} of {Format.Count(data.Count)} examples were answered wrongly."),
                new ReportTable(
                    "The surest mistakes",
                    ["prompt", "right choice", "chosen", "confidence"],
                    [
                        .. wrong
                            .Take(MostMistakes)
                            .Select(i =>
                                (IReadOnlyList<string>)
                                    [
                                        data.TextOf(i),
                                        examples[i].Choices[examples[i].Label],
                                        ((ChoicePrediction)predictions[i]).Text,
                                        Format.Percent(predictions[i].Confidence ?? double.NaN),
                                    ]
                            ),
                    ],
                    NumericFrom: 3
                ),
            ]
        );
    }
}
