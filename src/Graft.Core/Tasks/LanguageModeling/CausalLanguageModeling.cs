using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks.LanguageModeling;

/// <summary>
/// The next token of the user's own texts (Radford et al. 2019). Long texts are read in overlapping windows in which every token counts
/// once, with the overlap before it as context; an end token follows each text. Evaluation measures perplexity; prediction writes on.
/// </summary>
public sealed partial record CausalLanguageModeling : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "causal-lm";

    /// <inheritdoc/>
    public override string Head => HeadKinds.CausalLm;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // texts are no labels

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <summary>Reads texts; where they are to be learned or measured, each is its own answer.</summary>
    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(path, columns with { RequireLabel = false });
        return new TextData(path, [.. file.Rows.Select(row => row with { Pair = null, Labels = labelled ? [row.Text] : [] })], file.BadRows)
        {
            Reading = file.Interpretation with
            {
                Pair = null,
                Label = null,
                LabelSyntax = null,
                Labels = new Dictionary<string, long>(StringComparer.Ordinal),
            },
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TextData.Stream(path, columns, examples, onBadRow);

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => TextData.Of(texts);
}
