using System.Globalization;
using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;

namespace Graft.Tasks.SequenceClassification;

/// <summary>A number for a text or a pair of texts: one output, mean squared error.</summary>
public sealed record TextRegression : SequenceTask
{
    private const int MostErrors = 12;

    /// <inheritdoc/>
    public override string Name => "regression";

    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override string? ProblemType => "regression";

    private protected override AnswerKind Answer => AnswerKind.Number;

    /// <inheritdoc/>
    public override string MainMetric => "spearman";

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this with { Labels = ["LABEL_0"] };

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => WithLabels([]);

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(values => new ValuePrediction(values[0]))];

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        ScoreSet.Regression(Truth(data), [.. predictions.Select(prediction => ((ValuePrediction)prediction).Value)]);

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
        -Math.Abs(((ValuePrediction)prediction).Value - Number(((TextData)data).Rows[example], data.PlaceOf(example)));

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        double[] truth = Truth(data), found = [.. predictions.Select(prediction => ((ValuePrediction)prediction).Value)];
        yield return new ReportSection("Numbers",
        [
            new PlotBlock(new ScatterPlot("Predicted by true number", truth, found)),
            new ReportTable("The largest errors", ["text", "true", "predicted"],
                [.. Enumerable.Range(0, truth.Length).OrderByDescending(i => Math.Abs(truth[i] - found[i])).Take(MostErrors).Select(i => (IReadOnlyList<string>)[data.TextOf(i), Format.Number(truth[i]), Format.Number(found[i])])],
                NumericFrom: 1),
        ]);
    }

    private protected override FeatureTarget Target(LabelledText row, string place) => new NumberTarget((float)Number(row, place));

    private static double[] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => Number(row, data.PlaceOf(i)))];

    private static double Number(LabelledText row, string place) =>
        double.TryParse(row.Label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new InputException($"{place}: \"{row.Label}\" is no number; regression needs one in the label column");
}
