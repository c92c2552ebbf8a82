using System.Numerics.Tensors;
using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;

namespace Graft.Tasks.SequenceClassification;

/// <summary>
/// One of several classes for a text or a pair of texts: pooled [CLS] → dropout → matrix → cross-entropy (Devlin et al. 2019, §4.1).
/// </summary>
public sealed record TextClassification : SequenceTask
{
    /// <inheritdoc/>
    public override string Name => "text-classification";

    /// <inheritdoc/>
    public override string? ProblemType => "single_label_classification";

    /// <inheritdoc/>
    public override string MainMetric => "accuracy";

    /// <inheritdoc/>
    public override string? PositiveClass => Labels.Count == 2 ? Labels[1] : null;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        string[] labels = [.. ((TextData)train).Rows.Select(row => row.Label!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (labels.Length >= 2) return WithLabels(labels);
        throw new InputException($"{train.Path}: every row has the label \"{labels[0]}\"; a classifier needs at least two");
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => feature.Target is ClassTarget target ? Loss.WeightOf(target.Class) : 1;

    /// <inheritdoc/>
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold) =>
        Decisions with { Temperature = TemperatureScaling.Fit(Truth(data), [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)]) };

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => TruthOf(data, example);

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. Pooled(data, encoded, scores).Select(Decode)];

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        int[] truth = Truth(data), predicted = [.. predictions.Select(prediction => ((ClassPrediction)prediction).Class)];
        double[][] probabilities = [.. predictions.Select(prediction => ((ClassPrediction)prediction).Probabilities)];
        double loss = LogLoss.Of(truth, probabilities), error = Calibration.ExpectedError(truth, probabilities);
        return
        [
            .. ScoreSet.Classification(truth, predicted, Labels.Count),
            new NamedScore("loss", Bootstrap.Mean([.. truth.Select((label, i) => -Math.Log(Math.Max(probabilities[i][label], 2.220446049250313e-16)))], seed: 0) with { Value = loss }),
            new NamedScore("calibration_error", ScoreInterval.Of(error)),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        int[] trainLabels = Truth(train), truth = Truth(evaluation);
        NaiveBayes bayes = new(Texts(train), trainLabels, Labels.Count);
        int majority = MajorityClass.Of(trainLabels);
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["majority_class"] = Accuracy.Of(truth, [.. truth.Select(_ => majority)]),
            ["naive_bayes"] = Accuracy.Of(truth, [.. Texts(evaluation).Select(row => bayes.Predict(row.Text, row.Pair))]),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        int[] truth = Truth(data);
        ClassifiedExample[] examples = [.. predictions.Select((prediction, i) =>
            new ClassifiedExample(data.TextOf(i), ((TextData)data).Rows[i].Line, truth[i], ((ClassPrediction)prediction).Probabilities))];
        yield return ClassificationSection.Classes(examples, Labels);
        yield return ClassificationSection.CalibrationOf(examples, Scaled(truth, [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)], decidedHere));
        if (ClassificationSection.Mistakes(examples, Labels) is { } mistakes) yield return mistakes;
    }

    /// <summary>The class numbers of labelled examples.</summary>
    internal int[] Truth(TaskData data) => [.. ((TextData)data).Rows.Select((row, i) => IndexOf(row.Label!, data.PlaceOf(i)))];

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train)
    {
        int[] truth = Truth(train);
        return [.. Labels.Select((_, label) => truth.LongCount(other => other == label))];
    }

    private protected override FeatureTarget Target(LabelledText row, string place) => new ClassTarget(IndexOf(row.Label!, place));

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
            int[][] halves = [[.. Enumerable.Range(0, truth.Length).Where(i => i % 2 == 1)], [.. Enumerable.Range(0, truth.Length).Where(i => i % 2 == 0)]];
            temperatures = [.. halves.Select(half => TemperatureScaling.Fit([.. half.Select(i => truth[i])], [.. half.Select(i => logits[i])]))];
        }

        double[][] probabilities = [.. logits.Select((row, i) => TemperatureScaling.Probabilities(row, temperatures[i % 2]))];
        string how = decidedHere ? "fitted on either half of these examples, shown on the other; the run keeps the temperature of all of them" : "fitted on the run's development data";
        return new ScaledConfidence(temperature, probabilities, how);
    }

    private ClassPrediction Decode(double[] logits)
    {
        double[] probabilities = TemperatureScaling.Probabilities(logits, Calibrated ? Decisions.Temperature ?? 1 : 1);
        int best = TensorPrimitives.IndexOfMax<double>(logits);
        return new ClassPrediction(Labels[best], best, logits, probabilities, Labels);
    }

    private int IndexOf(string label, string place)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label) return i;
        }

        throw new InputException($"{place}: the label \"{label}\" is not one of the model's ({string.Join(", ", Labels.Take(8))}{(Labels.Count > 8 ? ", …" : "")})");
    }
}
