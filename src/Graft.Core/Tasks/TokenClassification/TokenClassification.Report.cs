using Graft.Data.Tagging;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;

namespace Graft.Tasks.TokenClassification;

/// <content>The task's own part of the report.</content>
public sealed partial record TokenClassification
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        if (!MarksEntities) yield break;
        yield return EntitySection.Build([.. ((TokenData)data).Sequences.Zip(predictions, (sentence, prediction) =>
            {
                (string text, int[] starts) = sentence.Layout();
                IReadOnlyList<EntitySpan> truth = TagSchemes.Entities(sentence.Tags, TagScheme.Iob2),
                    found = TagSchemes.Entities(((TagsPrediction)prediction).Tags, TagScheme.Iob2);
                return new TaggedExample(text, starts, sentence.Words, truth, found, sentence.Line);
            })]);
    }
}
