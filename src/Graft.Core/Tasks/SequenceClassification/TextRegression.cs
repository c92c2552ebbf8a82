using System.Globalization;
using Graft.Backbones;
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

    /// <summary>What scores go through: named by the config.json of published cross-encoders. Models that Graft trains have none.</summary>
    /// <value>None</value>
    public OutputActivation Activation { get; init; }

    /// <summary>A published model may give several numbers, each with a name; training is for one.</summary>
    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this with { Labels = labels.Count > 1 ? labels : ["LABEL_0"] };

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => WithLabels([]);

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(values => values.Length == 1
            ? (Prediction)new ValuePrediction(Activated(values[0]))
            : new ValuesPrediction([.. values.Select(Activated)], Labels))];

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

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        double[] truth = Truth(data), found = [.. predictions.Select(prediction => ValueOf(prediction))];
        yield return new ReportSection("Numbers",
        [
            new PlotBlock(new ScatterPlot("Predicted by true number", truth, found)),
            new ReportTable("The largest errors", ["text", "true", "predicted"],
                [.. Enumerable.Range(0, truth.Length).OrderByDescending(i => Math.Abs(truth[i] - found[i])).Take(MostErrors).Select(i => (IReadOnlyList<string>)[data.TextOf(i), Format.Number(truth[i]), Format.Number(found[i])])],
                NumericFrom: 1),
        ]);
    }

    private protected override FeatureTarget Target(LabelledText row, string place) => new NumberTarget((float)Number(row, place));

    private double Activated(double value) => Activation switch
    {
        OutputActivation.Sigmoid => 1 / (1 + Math.Exp(-value)),
        OutputActivation.Tanh => Math.Tanh(value),
        OutputActivation.Relu => Math.Max(0, value),
        _ => value,
    };

    private static double ValueOf(Prediction prediction) => prediction is ValuePrediction one ? one.Value
        : throw new InputException("the model gives several numbers a text: graft predict tells them, but they are not compared with one column");

    private static double[] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => Number(row, data.PlaceOf(i)))];

    private static double Number(LabelledText row, string place) =>
        double.TryParse(row.Label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new InputException($"{place}: \"{row.Label}\" is no number; regression needs one in the label column");
}
