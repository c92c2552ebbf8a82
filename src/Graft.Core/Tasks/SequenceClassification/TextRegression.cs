using System.Globalization;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <summary>A number for a text or a pair of texts: one output, mean squared error.</summary>
public sealed partial record TextRegression : SequenceTask
{
    private const int MostErrors = 12;

    /// <inheritdoc/>
    public override string Name => "regression";

    /// <inheritdoc/>
    public override string? ProblemType => "regression";

    private protected override AnswerKind Answer => AnswerKind.Number;

    /// <summary>What scores go through: named by the config.json of published cross-encoders. Models that Graft trains have none.</summary>
    /// <value>None</value>
    public OutputActivation Activation { get; init; }

    /// <summary>A published model may give several numbers, each with a name; training is for one.</summary>
    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) =>
        this with
        {
            Labels = labels.Count > 1 ? labels : ["LABEL_0"],
        };

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => WithLabels([]);

    private static double Number(LabelledText row, string place) =>
        double.TryParse(row.Label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new InputException($"{place}: \"{row.Label}\" is no number; regression needs one in the label column");
}
