using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.QuestionAnswering;

/// <summary>
/// The answer as a part of a text (Devlin et al. 2019, §4.2 and §4.3): question and context in overlapping windows, a start and an end
/// score for every token. Windows without the answer learn (0, 0); answers are ranked by the sum of raw scores over all windows.
/// </summary>
public sealed partial record QuestionAnswering : FineTuningTask
{
    private static readonly string[] s_questionWords = ["what", "who", "whom", "whose", "when", "where", "which", "how", "why"];
    private static readonly SpanTarget s_outside = new(0, 0);
    private const int DefaultStride = 64, BestPositions = 20, BestAnswers = 20, LongestAnswer = 30;

    /// <inheritdoc/>
    public override string Name => "question-answering";

    /// <inheritdoc/>
    public override string Head => HeadKinds.QuestionAnswering;

    /// <summary>
    /// The text may leave a question unanswered: then "no answer" wins where its score is above the best answer's by this much. Null: every
    /// question has an answer.
    /// </summary>
    public double? NoAnswerThreshold => Decisions.NoAnswerThreshold;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) =>
        ((QuestionData)train).HasUnanswerable
            ? this with
            {
                Decisions = Decisions with { NoAnswerThreshold = NoAnswerThreshold ?? 0 },
            }
            : this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        QuestionFile file = QuestionReader.Read(path, labelled, columns);
        return new QuestionData(path, file.Questions, file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(
            (file, options, onBad, onRead) => QuestionReader.Stream(file, requireAnswers: false, onBad, options, onRead),
            path,
            columns,
            examples,
            onBadRow,
            (questions, read) => new QuestionData(path, questions, []) { Reading = read }
        );

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new QuestionData(
            "text",
            [
                .. texts.Select(
                    (text, i) =>
                        new Question
                        {
                            Id = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture),
                            Row = i + 1,
                            Text = text.Text,
                            Context = text.Pair
                                ?? throw new InputException(
                                    "question answering needs the question and the text that may answer it (`text` QUESTION `pair` TEXT)"
                                ),
                        }
                ),
            ],
            []
        );
}
