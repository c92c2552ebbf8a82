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
        yield return ClassificationSection.Classes(examples, Labels);
        yield return ClassificationSection.CalibrationOf(
            examples,
            Scaled(truth, [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)], decidedHere)
        );
        if (ClassificationSection.Mistakes(examples, Labels) is { } mistakes)
            yield return mistakes;
    }
}
