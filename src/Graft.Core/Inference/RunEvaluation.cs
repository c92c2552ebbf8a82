using System.Diagnostics;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Evaluation;
using Graft.Runs;
using Graft.Tasks;
using Microsoft.Extensions.Logging;

namespace Graft.Inference;

/// <summary>A model's answers to labelled examples, measured.</summary>
/// <param name="Folder">The run folder of this seed.</param>
/// <param name="Seed">The seed; null for a single run.</param>
/// <param name="Data">The examples.</param>
/// <param name="Predictions">The answers, in order.</param>
/// <param name="Credits">How right each answer is.</param>
/// <param name="Scores">The task's metrics with intervals.</param>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="Elapsed">Time for encoding and scoring.</param>
public sealed record EvaluatedRun(
    string Folder,
    ulong? Seed,
    TaskData Data,
    IReadOnlyList<Prediction> Predictions,
    double[] Credits,
    IReadOnlyList<NamedScore> Scores,
    long Parameters,
    TimeSpan Elapsed
)
{
    /// <summary>The task with what the run decided.</summary>
    public FineTuningTask Bound { get; internal init; } = null!;

    /// <summary>What went through the model.</summary>
    internal EncodedData Encoded { get; init; } = null!;

    /// <summary>How texts were cut.</summary>
    internal EncodingOptions Encoding { get; init; } = null!;
}

/// <summary>Evaluates run folders and published models on a file; a run over several seeds with every seed.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Examples">Number of examples.</param>
/// <param name="Runs">One a seed.</param>
/// <param name="Baselines">What simple methods trained on the run's training data score; empty where that is not there any more.</param>
public sealed record RunEvaluation(
    string Task,
    int Examples,
    IReadOnlyList<EvaluatedRun> Runs,
    IReadOnlyDictionary<string, double> Baselines
)
{
    private const int WarmUp = 8;

    /// <summary>Evaluates.</summary>
    /// <param name="folder">A run folder, with or without seeds, or a published model folder.</param>
    /// <param name="input">Labelled examples; null: the development data of the run.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="task">The task; null: the one the folder says.</param>
    /// <param name="encoding">How texts are cut; null: as in training.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="calibrated">Divide scores by the run's temperature, where it fitted one; false: raw.</param>
    /// <param name="compute">How answers are computed; null: as the folder's engine chooses.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">A folder or file cannot be used.</exception>
    public static RunEvaluation Evaluate(
        string folder,
        string? input,
        ColumnOptions? columns = null,
        string? task = null,
        EncodingOptions? encoding = null,
        ILogger? logger = null,
        bool calibrated = true,
        IComputeOptions? compute = null,
        CancellationToken cancellationToken = default
    )
    {
        List<EvaluatedRun> runs = [];
        IReadOnlyDictionary<string, double>? baselines = null;
        FineTuningTask? bound = null;
        columns ??= new ColumnOptions();
        foreach ((ulong? seed, string path) in RunSeeds.Of(folder))
        {
            RunManifest? record = RunManifest.Read(path);
            string file = input
                ?? record?.Evaluation?.Path
                ?? throw new InputException($"{path} records no development data: name the file to evaluate on with `input`");
            using Predictor predictor = Predictor.Load(path, encoding, task, calibrated, compute: compute);
            bound = predictor.Task;
            TaskData data = bound.Read(file, columns with { Trained = record?.Data, Part = DataPart.Evaluation }, labelled: true);
            if (runs.Count == 0) data.TellReading(record?.Data, logger);
            // the first call of a process pays for its start
            predictor.Predict(data.Take([.. Enumerable.Range(0, Math.Min(WarmUp, data.Count))]), cancellationToken);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Prediction> predictions = predictor.Predict(data, out EncodedData encoded, cancellationToken);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            double[] credits = [.. predictions.Select((prediction, i) => bound.CreditOf(data, i, prediction))];
            runs.Add(
                new EvaluatedRun(
                    path,
                    seed,
                    data,
                    predictions,
                    credits,
                    TaskMetrics.Measure(bound, data, predictions),
                    predictor.ParameterCount,
                    elapsed
                )
                {
                    Bound = bound,
                    Encoded = encoded,
                    Encoding = predictor.Encoding,
                }
            );
            baselines ??=
                record?.Train?.Path is string train && record.Teacher is null && Path.Exists(train)
                    ? bound.Baselines(
                        bound.Read(train, AsTrained(record.Data), labelled: true),
                        data
                    )
                    : new Dictionary<string, double>(StringComparer.Ordinal);
        }

        return new RunEvaluation(bound!.Name, runs[0].Data.Count, runs, baselines!);
    }

    /// <summary>How the training data is read again: as it was then, whatever the user says about the file that is evaluated.</summary>
    private static ColumnOptions AsTrained(Interpretation? read) =>
        new()
        {
            Format = read?.Format,
            Delimiter = read?.Format is "csv" ? read.Delimiter : null,
            HasHeader = read?.Header,
            Trained = read,
            Part = DataPart.Training,
        };

    /// <summary>The same beside the caller.</summary>
    /// <inheritdoc cref="Evaluate"/>
    public static Task<RunEvaluation> EvaluateAsync(
        string folder,
        string? input,
        ColumnOptions? columns = null,
        string? task = null,
        EncodingOptions? encoding = null,
        ILogger? logger = null,
        bool calibrated = true,
        IComputeOptions? compute = null,
        CancellationToken cancellationToken = default
    ) =>
        System.Threading.Tasks.Task.Run(
            () => Evaluate(folder, input, columns, task, encoding, logger, calibrated, compute, cancellationToken),
            cancellationToken
        );

    /// <summary>The scores: of one run its own; of several seeds means of the values and of the intervals' ends.</summary>
    public IReadOnlyList<NamedScore> Scores => [.. Runs[0].Scores.Select(score =>
    {
        ScoreInterval[] all = [.. Runs.Select(run => run.Scores.First(other => other.Name == score.Name).Interval)];
        return new NamedScore(score.Name, new ScoreInterval(all.Average(i => i.Value), all.Average(i => i.Low), all.Average(i => i.High)));
    })];

    /// <summary>Scores by length, by label, and by columns of the data; over several seeds the mean credit of each example.</summary>
    /// <param name="columns">Columns to divide by; empty: those with 2 to 20 different values.</param>
    /// <exception cref="InputException">The file has no such column.</exception>
    public IReadOnlyList<SlicedScores> Slices(IReadOnlyList<string>? columns = null) =>
        TaskSlices.Of(
            Runs[0].Bound,
            Runs[0].Data,
            [.. Enumerable.Range(0, Examples).Select(i => Runs.Average(run => run.Credits[i]))],
            columns
        );

    /// <summary>
    /// Writes <c>report.html</c> and its twin <c>report.json</c>, <c>metrics.json</c>, <c>predictions.jsonl</c> and <c>mistakes.jsonl</c>;
    /// of several seeds each in <c>seed-S</c>.
    /// </summary>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="columns">Columns to divide the scores by.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder, IReadOnlyList<string>? columns = null)
    {
        foreach (EvaluatedRun run in Runs)
        {
            string path =
                run.Seed is ulong seed && Runs.Count > 1 ? Path.Combine(folder, FormattableString.Invariant($"seed-{seed}")) : folder;
            EvaluationReport.Write(
                path,
                $"{Task}: {Path.GetFileName(run.Folder.TrimEnd('/'))}",
                $"{run.Folder} on {run.Data.Path}",
                run.Bound,
                run.Data,
                run.Encoded,
                run.Encoding,
                run.Predictions,
                run.Scores,
                Baselines,
                columns
            );
        }
    }

    /// <summary>The document of <c>graft evaluate --json</c>.</summary>
    public JsonObject ToJson()
    {
        (JsonObject means, JsonObject deviations) = RunSeeds.MeanAndDeviation([.. Runs.Select(run => run.Scores)]);
        return new JsonObject
        {
            ["task"] = Task,
            ["examples"] = Examples,
            ["metrics"] = RunFolder.ScoresJson(Scores),
            ["seeds"] = new JsonArray([
                .. Runs.Where(run => run.Seed is not null)
                    .Select(run =>
                        (JsonNode?)
                            new JsonObject
                            {
                                ["seed"] = run.Seed,
                                ["metrics"] = new JsonObject(
                                    run.Scores.Select(score => KeyValuePair.Create(score.Name, RunFolder.Finite(score.Interval.Value)))
                                ),
                            }
                    ),
            ]),
            ["mean"] = means,
            ["deviation"] = deviations,
            ["baselines"] = new JsonObject(
                Baselines.Select(baseline => KeyValuePair.Create(baseline.Key, RunFolder.Finite(baseline.Value)))
            ),
            ["positive_class"] = Runs[0].Bound.PositiveClass,
            ["calibrated"] = Runs[0].Bound.IsCalibrated,
        };
    }
}
