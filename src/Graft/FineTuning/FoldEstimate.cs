using System.Globalization;
using Graft.Evaluation;
using Graft.Tasks.Contrastive;
using Graft.Tasks.SequenceClassification;
using Graft.Tuning;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>
/// What to expect of a run without development data, and its temperature: parts of the labels are held out in turn, and scored by a model
/// that was trained on the others. The run itself trains on every label, so the estimate is rather too low than too high.
/// </summary>
internal static class FoldEstimate
{
    private const int OfVectors = 5, OfPairs = 2, OfLabels = 10, FewestExamples = 8;

    /// <summary>Estimates; the run's data with what was decided, and the main metric. Null where there is too little.</summary>
    /// <param name="options">The run; its strategy decides how many folds there are time for.</param>
    /// <param name="prepared">The data of the run.</param>
    /// <param name="logger">Told what was found.</param>
    /// <param name="cancellationToken">Stops between folds.</param>
    public static (Prepared Prepared, NamedScore? Score) Of(
        FineTuningOptions options,
        Prepared prepared,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        if (prepared.Train.Count < FewestExamples) return (prepared, null);
        bool ofPairs = options.Strategy is ContrastiveTuning, ofVectors = options.Strategy is HeadTuning { OnVectors: true };
        int folds = ofPairs ? OfPairs : ofVectors ? OfVectors : OfLabels;
        string[] strata = Folds.Strata(prepared.Task, prepared.Train);
        int[] fold = Folds.Assign(strata, folds, options.Training.Seed, Folds.Groups(prepared.Train, strata, folds, logger));
        FineTuningOptions shorter = options.Strategy is ContrastiveTuning pairs
            ? options with
            {
                Strategy = pairs with { Rounds = Math.Max(1, pairs.Rounds / 2) },
            }
            : options;
        List<int> places = [];
        List<Feature> features = [];
        List<FeatureScores> scores = [];
        for (int held = 0; held < (ofPairs || ofVectors ? fold.Max() + 1 : 1); held++)
        {
            int[] inside = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] != held)],
                outside = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] == held)];
            if (inside.Length == 0 || outside.Length == 0)
                continue;
            TaskData trained = prepared.Train.Take(inside);
            Feature[] train = Folds.Take(prepared.EncodedTrain, inside), own = Folds.Take(prepared.EncodedTrain, outside);
            string Describe(Feature feature) => trained.PlaceOf(feature.Example);
            scores.AddRange(ofPairs || ofVectors
                ? ContrastiveFit.Score(shorter, prepared.Task, train, Describe, own, cancellationToken)
                : FineTuning.Score(shorter, prepared.Task, train, Describe, own, cancellationToken));
            features.AddRange(own.Select(feature => feature with { Example = feature.Example + places.Count }));
            places.AddRange(outside);
        }

        TaskData data = prepared.Train.Take(places);
        EncodedData encoded = prepared.EncodedTrain with { Features = features };
        IReadOnlyList<Prediction> predictions = prepared.Task.Decode(data, encoded, scores);
        FineTuningTask task =
            prepared.Task is TextClassification
                ? prepared.Task with
                {
                    Decisions = prepared.Task.Tune(data, predictions, tuneThreshold: false),
                }
                : prepared.Task;
        NamedScore main = TaskMetrics.Measure(task, data, predictions).First(score => score.Name == task.MainMetric);
        ScoreInterval interval = main.Interval;
        logger.Tell(
            string.Create(CultureInfo.InvariantCulture,
                $"estimated on held-out parts of the labels: {main.Name} {interval.Value:0.000} ({interval.Low:0.000} … "
                    + $"{interval.High:0.000})"
            ) + (task.Decisions.Describe() is { Length: > 0 } decided ? $"; {decided}" : "")
        );
        return (prepared with { Task = task }, main);
    }
}
