using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Evaluation;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Microsoft.Extensions.Logging;

namespace Graft.Inference;

/// <summary>
/// How recent texts without labels differ from what a run was judged on: unfamiliar texts, answers, confidence, and an estimate of the
/// accuracy by average thresholded confidence (Garg et al. 2022): the share of recent texts that is as sure as the held-out examples'
/// accuracy was.
/// <code>
/// Drift drift = Drift.Measure("runs/reviews", "recent.csv");
/// Console.WriteLine($"{drift.Accuracy.Value}, was {drift.AccuracyBefore.Value}; {string.Join("; ", drift.Warnings)}");
/// </code>
/// </summary>
public sealed class Drift
{
    private const int AtOnce = 1024, Resamples = 500, Fewest = 20;
    private const double Level = 0.90, Clearly = 0.01, LeastShift = 0.1, LeastUnfamiliar = 2 * Familiarity.FalseAlarms;
    private const string PredictionsFile = "predictions.jsonl";

    private Drift()
    {
    }

    /// <summary>The recent texts that were answered.</summary>
    public int Examples { get; private init; }

    /// <summary>Rows of the file that could not be read.</summary>
    public int BadRows { get; private init; }

    /// <summary>The run's held-out examples that they are compared with.</summary>
    public int Reference { get; private init; }

    /// <summary>The share of texts unlike the training data, with its 90 % interval; null where the run does not know.</summary>
    public ScoreInterval? Unfamiliar { get; private init; }

    /// <summary>The share of unsure answers; null where the run abstains from none.</summary>
    public double? Unsure { get; private init; }

    /// <summary>
    /// How often each answer is given, in the order of the run's labels: the share of the held-out examples' answers, and of the recent
    /// texts'.
    /// </summary>
    public IReadOnlyList<(string Label, double Before, double Now)> Answers { get; private init; } = [];

    /// <summary>Half the sum of the differences of the answers' shares: 0 none, 1 all.</summary>
    public double AnswersMoved => Answers.Sum(answer => Math.Abs(answer.Now - answer.Before)) / 2;

    /// <summary>The mean confidence on the held-out examples.</summary>
    public double ConfidenceBefore { get; private init; }

    /// <summary>The mean confidence on the recent texts.</summary>
    public double Confidence { get; private init; }

    /// <summary>The greatest distance between the distributions of confidence (Kolmogorov and Smirnov): 0 none, 1 all.</summary>
    public double ConfidenceMoved { get; private init; }

    /// <summary>The accuracy on the held-out examples, with its 90 % interval.</summary>
    public ScoreInterval AccuracyBefore { get; private init; }

    /// <summary>The estimated accuracy on the recent texts, with its 90 % interval.</summary>
    public ScoreInterval Accuracy { get; private init; }

    /// <summary>Why it is time to label again; empty where it is not.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Answers recent texts and compares; labels in the file are not looked at.</summary>
    /// <param name="folder">A run folder with held-out examples: trained with development data, folds or <c>abstain</c>.</param>
    /// <param name="input">Recent texts.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">A file cannot be used, or the run has nothing to compare with.</exception>
    public static Drift Measure(
        string folder,
        string input,
        ColumnOptions? columns = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        folder = RunSeeds.Best(folder);
        if (RunManifest.Read(folder) is { } run && FineTuningTasks.Parse(run.Task) is not TextClassification)
            throw new InputException($"{folder} is fine-tuned for {run.Task}: drift is measured of one class a text (text-classification)");
        (string[] before, double[] confidences, bool[] right, bool calibrated) = ReadReference(folder);
        using Predictor predictor = Predictor.Load(folder, calibrated: calibrated); // as the run's own predictions are
        List<Prediction> now = [];
        int bad = 0;
        PredictionStream stream = new(predictor, cancellationToken: cancellationToken) { Logger = logger };
        foreach (AnsweredRow row in stream.OfFile(input, columns ?? new ColumnOptions(), AtOnce).SelectMany(part => part.Rows))
        {
            if (row.Prediction is { } prediction) now.Add(prediction);
            else bad++;
        }

        if (now.Count < Fewest)
            throw new InputException($"{input} holds {now.Count} texts that can be read: at least {Fewest} are needed to compare");
        return Of(predictor.Task.Labels, before, confidences, right, now, bad);
    }

    /// <summary>The comparison of answers with those to held-out examples.</summary>
    internal static Drift Of(
        IReadOnlyList<string> labels,
        IReadOnlyList<string> before,
        double[] confidences,
        bool[] right,
        IReadOnlyList<Prediction> now,
        int bad = 0
    )
    {
        // As the run's file keeps them: without its rounding, confidences that lie close together would seem to have moved.
        double[] recent = [.. now.Select(prediction => Math.Round(prediction.Confidence ?? 0, ClassPrediction.Decimals))];
        int correct = right.Count(isRight => isRight);
        ScoreInterval measured = ProportionInterval.Wilson(correct, right.Length, Level);
        Drift drift = new()
        {
            Examples = now.Count,
            BadRows = bad,
            Reference = right.Length,
            Unfamiliar = now[0].IsUnfamiliar is null
                ? null
                : ProportionInterval.Wilson(now.Count(prediction => prediction.IsUnfamiliar == true), now.Count, Level),
            Unsure = now[0].IsUnsure is null ? null : now.Average(prediction => prediction.IsUnsure == true ? 1.0 : 0),
            Answers =
            [
                .. labels.Select(label => (
                    label,
                    before.Average(answer => answer == label ? 1.0 : 0),
                    now.Average(prediction => prediction.Answer == label ? 1.0 : 0)
                )),
            ],
            ConfidenceBefore = confidences.Average(),
            Confidence = recent.Average(),
            ConfidenceMoved = Distance(confidences, recent),
            AccuracyBefore = measured,
            Accuracy = Estimate(confidences, right, recent),
        };
        drift.Warnings = [.. WarningsOf(drift)];
        return drift;
    }

    /// <summary>The document of <c>graft evaluate --against --json</c>.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["examples"] = Examples,
            ["bad_rows"] = BadRows,
            ["reference"] = Reference,
            ["unfamiliar"] = Unfamiliar is ScoreInterval unfamiliar ? Interval(unfamiliar) : null,
            ["unsure"] = Unsure,
            ["answers"] = new JsonObject(
                Answers.Select(answer =>
                    KeyValuePair.Create(answer.Label, (JsonNode?)new JsonObject { ["before"] = answer.Before, ["now"] = answer.Now })
                )
            ),
            ["answers_moved"] = AnswersMoved,
            ["confidence"] = new JsonObject { ["before"] = ConfidenceBefore, ["now"] = Confidence, ["moved"] = ConfidenceMoved },
            ["accuracy_before"] = Interval(AccuracyBefore),
            ["accuracy"] = Interval(Accuracy),
            ["label_again"] = Warnings.Count > 0,
            ["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode?)warning)]),
        };

    private static JsonObject Interval(ScoreInterval interval) =>
        new() { ["value"] = interval.Value, ["low"] = interval.Low, ["high"] = interval.High };

    private static IEnumerable<string> WarningsOf(Drift drift)
    {
        static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");
        if (drift.Unfamiliar is ScoreInterval unfamiliar && unfamiliar.Low > LeastUnfamiliar)
            yield return $"{Percent(unfamiliar.Value)} of the texts are unlike the training data, where {Percent(Familiarity.FalseAlarms)} "
                + "would be of the same kind";
        if (drift.Accuracy.High < drift.AccuracyBefore.Low)
            yield return $"the accuracy is estimated at {Percent(drift.Accuracy.Value)}, was {Percent(drift.AccuracyBefore.Value)}";
        double noise = Math.Sqrt(Math.Log(2 / Clearly) / 2 * ((1.0 / drift.Examples) + (1.0 / drift.Reference))); // Smirnov, 1 % level
        if (drift.ConfidenceMoved > Math.Max(LeastShift, noise) && drift.Confidence < drift.ConfidenceBefore)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"confidence has fallen from {drift.ConfidenceBefore:0.000} to {drift.Confidence:0.000}"
            );
        // the total variation of two samples of one distribution is about √(labels / 2π · (1/n + 1/m))
        double chance = 2 * Math.Sqrt(drift.Answers.Count / (2 * Math.PI) * ((1.0 / drift.Examples) + (1.0 / drift.Reference)));
        if (drift.AnswersMoved > Math.Max(LeastShift, chance))
            yield return $"{Percent(drift.AnswersMoved)} of the answers have moved to other labels";
    }

    /// <summary>Average thresholded confidence, its interval by resampling both sides.</summary>
    private static ScoreInterval Estimate(double[] confidences, bool[] right, double[] recent)
    {
        double value = Thresholded(confidences, right.Count(isRight => isRight), recent);
        CounterRandom random = new(0);
        double[] values = new double[Resamples], held = new double[confidences.Length], other = new double[recent.Length];
        for (int resample = 0; resample < Resamples; resample++)
        {
            int correct = 0;
            for (int i = 0; i < held.Length; i++)
            {
                int drawn = random.NextInt(held.Length);
                held[i] = confidences[drawn];
                if (right[drawn]) correct++;
            }

            for (int i = 0; i < other.Length; i++) other[i] = recent[random.NextInt(recent.Length)];
            values[resample] = Thresholded(held, correct, other);
        }

        Array.Sort(values);
        int tail = (int)((1 - Level) / 2 * Resamples);
        return new ScoreInterval(value, values[tail], values[Resamples - 1 - tail]);
    }

    /// <summary>The share of recent texts at or above the confidence that as many held-out examples reach as are right.</summary>
    private static double Thresholded(double[] confidences, int correct, double[] recent)
    {
        if (correct == 0) return 0;
        double[] sorted = [.. confidences.OrderDescending()];
        double threshold = sorted[correct - 1];
        return recent.Average(confidence => confidence >= threshold ? 1.0 : 0);
    }

    /// <summary>The greatest difference of two empirical distribution functions.</summary>
    private static double Distance(double[] a, double[] b)
    {
        double[] first = [.. a.Order()], second = [.. b.Order()];
        double most = 0;
        for (int i = 0, j = 0; i < first.Length && j < second.Length;)
        {
            double at = Math.Min(first[i], second[j]);
            while (i < first.Length && first[i] <= at) i++;
            while (j < second.Length && second[j] <= at) j++;
            most = Math.Max(most, Math.Abs(((double)i / first.Length) - ((double)j / second.Length)));
        }

        return most;
    }

    /// <summary>The run's answers to held-out examples, and whether their confidence is calibrated: runs before 0.1 keep it raw.</summary>
    private static (string[] Answers, double[] Confidences, bool[] Right, bool IsCalibrated) ReadReference(string folder)
    {
        string path = Path.Combine(folder, PredictionsFile);
        if (!File.Exists(path))
            throw new InputException(
                $"{folder} has no {PredictionsFile}: it was trained without held-out examples; train it with `eval` or `abstain`"
            );
        List<string> answers = [];
        List<double> confidences = [];
        List<bool> right = [], calibrated = [];
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                JsonNode json = JsonNode.Parse(line)!;
                answers.Add((string)json["label"]!);
                confidences.Add((double)json["probability"]!);
                right.Add((string)json["truth"]! == (string)json["label"]!);
                calibrated.Add((bool?)json["calibrated"] ?? false);
            }
        }
        catch (Exception failure)
            when (failure is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new InputException($"{path} is damaged: line {answers.Count + 1}", failure);
        }

        if (answers.Count < Fewest)
            throw new InputException($"{path} has {answers.Count} held-out examples: at least {Fewest} are needed to compare");
        if (calibrated.Distinct().Count() > 1) throw new InputException($"{path} is damaged: some of its lines are calibrated, others raw");
        return ([.. answers], [.. confidences], [.. right], calibrated[0]);
    }
}
