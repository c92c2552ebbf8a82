using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;

namespace Graft.Tasks.SequenceClassification;

/// <content>The task's own part of the report.</content>
public partial record TextClassification
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        int[] truth = Truth(data);
        ClassifiedExample[] examples = [.. predictions.Select((prediction, i) =>
            new ClassifiedExample(data.TextOf(i), ((TextData)data).Rows[i].Line, truth[i], ((ClassPrediction)prediction).Probabilities))];
        double[][] logits = [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)];
        yield return ClassificationSection.Classes(examples, Labels);
        yield return ClassificationSection.CalibrationOf(
            [.. examples.Select((example, i) => example with { Probabilities = TemperatureScaling.Probabilities(logits[i], 1) })],
            Scaled(truth, logits, decidedHere)
        );
        if (ClassificationSection.Mistakes(examples, Labels) is { } mistakes)
            yield return mistakes;
    }
}
