using System.Globalization;
using Graft.Evaluation;
using Graft.Pretrained;
using Graft.Tasks.Contrastive;
using Graft.Tasks.SequenceClassification;
using Graft.Tuning;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>Training examples with what a model says of them that was trained without them.</summary>
/// <param name="Data">The examples.</param>
/// <param name="Encoded">The features of the examples.</param>
/// <param name="Scores">One a feature.</param>
/// <param name="Distances">How far each is from what its model was trained on; empty where that was not asked for.</param>
internal sealed record HeldOutPart(
    TaskData Data,
    EncodedData Encoded,
    IReadOnlyList<FeatureScores> Scores,
    IReadOnlyList<double> Distances
);

/// <summary>
/// What to expect of a run without development data, and what that decides: parts of the labels are held out in turn, and scored by a model
/// that was trained on the others. The run itself trains on every label, so the estimate is rather too low than too high.
/// </summary>
internal static class FoldEstimate
{
    /// <summary>From so many on parts are held out.</summary>
    public const int FewestExamples = 8;

    private const int OfVectors = 5, OfPairs = 2, OfLabels = 10, OfDecisions = 5;

    /// <summary>Holds out; null where there is too little.</summary>
    /// <param name="options">The run; its strategy decides how many folds there are time for.</param>
    /// <param name="prepared">The data of the run.</param>
    /// <param name="logger">Told which examples stay together.</param>
    /// <param name="cancellationToken">Stops between folds.</param>
    public static HeldOutPart? HoldOut(
        FineTuningOptions options,
        Prepared prepared,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        if (prepared.Train.Count < FewestExamples) return null;
        bool ofPairs = options.Strategy is ContrastiveTuning, ofVectors = options.Strategy is HeadTuning { OnVectors: true },
            decides = options.Abstain is not null;
        int folds = ofPairs ? OfPairs : ofVectors ? OfVectors : decides ? OfDecisions : OfLabels;
        string[] strata = Folds.Strata(prepared.Task, prepared.Train);
        int[] fold = Folds.Assign(strata, folds, options.Training.Seed, Folds.Groups(prepared.Train, strata, folds, logger));
        FineTuningOptions shorter = options.Strategy is ContrastiveTuning pairs
            ? options with
            {
                Strategy = pairs with { Rounds = Math.Max(1, pairs.Rounds / 2) },
            }
            : options;
        bool all = ofPairs || ofVectors || (decides && prepared.Task.Decisions.Abstain is null);
        List<int> places = [];
        List<Feature> features = [];
        List<FeatureScores> scores = [];
        List<double> distances = [];
        for (int held = 0; held < (all ? fold.Max() + 1 : 1); held++)
        {
            int[] inside = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] != held)],
                outside = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] == held)];
            if (inside.Length == 0 || outside.Length == 0)
                continue;
            TaskData trained = prepared.Train.Take(inside);
            Feature[] train = Folds.Take(prepared.EncodedTrain, inside), own = Folds.Take(prepared.EncodedTrain, outside);
            string Describe(Feature feature) => trained.PlaceOf(feature.Example);
            void Measure(PretrainedModel model)
            {
                if (!decides) return;
                float[] Vectors(Feature[] of, int examples) =>
                    Familiarity.OfExamples(examples, of, OwnVectors.Of(model, of, cancellationToken));
                float[] shape = Vectors(train, inside.Length);
                distances.AddRange(Familiarity.Fit(shape, shape.Length / inside.Length).Distances(Vectors(own, outside.Length)));
            }

            scores.AddRange(ofPairs || ofVectors
                ? ContrastiveFit.Score(shorter, prepared.Task, train, Describe, own, cancellationToken, Measure)
                : FineTuning.Score(shorter, prepared.Task, train, Describe, own, cancellationToken, Measure));
            features.AddRange(own.Select(feature => feature with { Example = feature.Example + places.Count }));
            places.AddRange(outside);
        }

        return new HeldOutPart(
            prepared.Train.Take(places),
            prepared.EncodedTrain with { Features = features },
            scores,
            distances
        );
    }

    /// <summary>What held-out parts decide, and the main metric.</summary>
    /// <param name="options">The run.</param>
    /// <param name="prepared">The data of the run.</param>
    /// <param name="part">What was held out.</param>
    /// <param name="logger">Told what was found.</param>
    /// <returns>The run's data with what was decided, the answers to the held-out examples, and the main metric.</returns>
    public static (Prepared Prepared, NamedScore Score) Decide(
        FineTuningOptions options,
        Prepared prepared,
        HeldOutPart part,
        ILogger logger
    )
    {
        IReadOnlyList<Prediction> predictions = prepared.Task.Decode(part.Data, part.Encoded, part.Scores);
        FineTuningTask task =
            prepared.Task is TextClassification
                ? prepared.Task with
                {
                    Decisions = prepared.Task.Tune(part.Data, predictions, tuneThreshold: false),
                }
                : prepared.Task;
        task = WithAbstention(options.Abstain, task, part.Data, part.Encoded, part.Scores);
        NamedScore main = TaskMetrics.Measure(task, part.Data, predictions).First(score => score.Name == task.MainMetric);
        ScoreInterval interval = main.Interval;
        logger.Tell(
            string.Create(CultureInfo.InvariantCulture,
                $"estimated on held-out parts of the labels: {main.Name} {interval.Value:0.000} ({interval.Low:0.000} … "
                    + $"{interval.High:0.000})"
            ) + (task.Decisions.Describe() is { Length: > 0 } decided ? $"; {decided}" : "")
        );
        return (prepared with { Task = task }, main);
    }

    /// <summary>The task with the confidence below which its answers are unsure; as it is where none is asked for.</summary>
    /// <param name="accuracy">The accuracy asked for; null: none.</param>
    /// <param name="task">The task with its temperature.</param>
    /// <param name="data">Held-out examples.</param>
    /// <param name="encoded">The features of the examples.</param>
    /// <param name="scores">The features' scores.</param>
    public static FineTuningTask WithAbstention(
        double? accuracy,
        FineTuningTask task,
        TaskData data,
        EncodedData encoded,
        IReadOnlyList<FeatureScores> scores
    ) => accuracy is not double asked
        ? task
        : task with
        {
            Decisions = task.Decisions with
            {
                Abstain = Abstention.Choose(asked, task, data, (task with { Calibrated = true }).Decode(data, encoded, scores)),
            },
        };
}
