using Graft.Data;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks.TextToText;

/// <content>What predictions are measured by.</content>
public sealed partial record TextToText
{
    /// <inheritdoc/>
    public override string MainMetric => "rouge_l";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        Rouge rouge = new();
        (string Written, string Expected)[] texts = [.. predictions.Select((prediction, i) => (prediction.Answer, TruthOf(data, i)))];
        NamedScore Mean(string name, Func<(string Written, string Expected), double> score) =>
            new(name, Bootstrap.Mean([.. texts.Select(score)], seed: 0));
        return
        [
            Mean("rouge_l", pair => rouge.L(pair.Written, pair.Expected).F1),
            Mean("rouge_1", pair => rouge.N(pair.Written, pair.Expected, 1).F1),
            Mean("rouge_2", pair => rouge.N(pair.Written, pair.Expected, 2).F1),
            Mean("exact_match", pair => pair.Written == pair.Expected ? 1 : 0),
            new NamedScore(
                "loss",
                Bootstrap.Interval(
                    predictions.Count,
                    positions => Loss([.. positions.ToArray().Select(i => (TextPrediction)predictions[i])]),
                    seed: 0
                )
            ),
        ];

        static double Loss(TextPrediction[] written) =>
            -written.Sum(text => text.ExpectedLogProbability ?? double.NaN) / written.Sum(text => text.ExpectedTokens);
    }

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction) =>
        new Rouge().L(prediction.Answer, TruthOf(data, example)).F1;

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => ((TextData)data).Rows[example].Label ?? "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        Rouge rouge = new();
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["copy_the_source"] = ((TextData)evaluation).Rows.Average(row => rouge.L(row.Text, row.Label!).F1),
        };
    }
}
