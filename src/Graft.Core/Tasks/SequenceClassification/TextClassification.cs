using Graft.Evaluation;
using Graft.Reports.Sections;

namespace Graft.Tasks.SequenceClassification;

/// <summary>
/// One of several classes for a text or a pair of texts: pooled [CLS] → dropout → matrix → cross-entropy (Devlin et al. 2019, §4.1).
/// </summary>
public partial record TextClassification : SequenceTask
{
    /// <inheritdoc/>
    public override string Name => "text-classification";

    /// <inheritdoc/>
    public override string? ProblemType => "single_label_classification";

    /// <inheritdoc/>
    public override string? PositiveClass => Labels.Count == 2 ? Labels[1] : null;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        string[] labels =
        [
            .. ((TextData)train).Rows.Select(row => row.Label!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        if (labels.Length >= 2)
            return WithLabels(labels);
        throw new InputException($"{train.Path}: every row has the label \"{labels[0]}\"; a classifier needs at least two");
    }

    /// <summary>
    /// The effect of temperature scaling on examples it was not fitted on: of the run's temperature, or where that was fitted here, of one
    /// fitted on either half and shown on the other.
    /// </summary>
    private ScaledConfidence? Scaled(int[] truth, double[][] logits, bool decidedHere)
    {
        if (Decisions.Temperature is not double temperature || truth.Length < 4) return null;
        double[] temperatures = [temperature, temperature];
        if (decidedHere)
        {
            int[][] halves =
            [
                [.. Enumerable.Range(0, truth.Length).Where(i => i % 2 == 1)],
                [.. Enumerable.Range(0, truth.Length).Where(i => i % 2 == 0)],
            ];
            temperatures =
            [
                .. halves.Select(half => TemperatureScaling.Fit([.. half.Select(i => truth[i])], [.. half.Select(i => logits[i])])),
            ];
        }

        double[][] probabilities = [.. logits.Select((row, i) => TemperatureScaling.Probabilities(row, temperatures[i % 2]))];
        string how = decidedHere
            ? "fitted on either half of these examples, shown on the other; the run keeps the temperature of all of them"
            : "fitted on the run's development data";
        return new ScaledConfidence(temperature, probabilities, how);
    }

    private int IndexOf(string label, string place)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label) return i;
        }

        throw new InputException(
            $"{place}: the label \"{label}\" is not one of the model's "
                + $"({string.Join(", ", Labels.Take(8))}{(Labels.Count > 8 ? ", …" : "")})"
        );
    }
}
