using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks.TextToText;

/// <summary>
/// A text for a text (Raffel et al. 2020, §2.4): the encoder reads one, the decoder learns to write the other; evaluation generates. T5 has
/// no table of positions, so a longer --max-length reads longer texts; what lies beyond it is cut and counted.
/// </summary>
public sealed partial record TextToText : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "text-to-text";

    /// <inheritdoc/>
    public override string Head => HeadKinds.SequenceToSequence;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // texts are no labels

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(path, columns with { RequireLabel = labelled, Answer = AnswerKind.Text });
        return new TextData(path, labelled ? file.Rows : [.. file.Rows.Select(row => row with { Labels = [] })], file.BadRows)
        {
            Reading = file.Interpretation,
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TextData.Stream(path, columns, examples, onBadRow);

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => TextData.Of(texts);
}
