using Graft.Evaluation;

namespace Graft.Tasks.SequenceClassification;

/// <content>What predictions are measured by.</content>
public sealed partial record TextRegression
{
    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override string MainMetric => "spearman";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        ScoreSet.Regression(Truth(data), [.. predictions.Select(prediction => ValueOf(prediction))]);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        RidgeBaseline ridge = new(Texts(train), Truth(train));
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["ridge"] = SpearmanCorrelation.Of(Truth(evaluation), [.. Texts(evaluation).Select(row => ridge.Predict(row.Text, row.Pair))]),
        };
    }

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction) =>
        -Math.Abs(ValueOf(prediction) - Number(((TextData)data).Rows[example], data.PlaceOf(example)));

    private static double ValueOf(Prediction prediction) => prediction is ValuePrediction one ? one.Value
        : throw new InputException("the model gives several numbers a text: graft predict tells them, but they are not compared with one column");

    private static double[] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => Number(row, data.PlaceOf(i)))];
}
