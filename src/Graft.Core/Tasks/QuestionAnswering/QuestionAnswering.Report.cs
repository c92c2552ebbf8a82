using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;

namespace Graft.Tasks.QuestionAnswering;

/// <content>The task's own part of the report.</content>
public sealed partial record QuestionAnswering
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IReadOnlyList<QuestionScore> scores = Scores(data, predictions);
        ReportSection? answers = AnswerSection.Build([
            .. ((QuestionData)data).Questions.Select(
                (question, i) =>
                {
                    AnswerCandidate best = ((AnswerPrediction)predictions[i]).Best;
                    return new AnsweredExample(
                        question,
                        best.Text.Length == 0 ? null : new Answer(best.Text, best.Start),
                        scores[i].F1,
                        best.Probability
                    );
                }
            ),
        ]);
        if (answers is not null)
            yield return answers;
    }
}
