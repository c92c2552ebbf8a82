using System.Globalization;
using Graft.Evaluation;

namespace Graft.Tasks.MultipleChoice;

/// <content>What predictions are measured by.</content>
public sealed partial record MultipleChoice
{
    /// <inheritdoc/>
    public override string MainMetric => "accuracy";

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) =>
        ((ChoiceData)data).Examples[example].Label.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => $"choice {TruthOf(data, example)}";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        [new NamedScore("accuracy", Bootstrap.Mean([.. predictions.Select((prediction, i) => CreditOf(data, i, prediction))], seed: 0))];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        int[] truth = [.. ((ChoiceData)evaluation).Examples.Select(example => example.Label)];
        int majority = MajorityClass.Of(((ChoiceData)train).Examples.Select(example => example.Label));
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["majority_class"] = truth.Average(label => label == majority ? 1.0 : 0.0),
            ["chance"] = ((ChoiceData)evaluation).Examples.Average(example => 1.0 / example.Choices.Count),
        };
    }
}
