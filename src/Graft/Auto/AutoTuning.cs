using System.Globalization;
using Graft.Data;
using Graft.Evaluation;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Torch.Compute;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Auto;

/// <summary>What came of an automatic choice.</summary>
/// <param name="Folder">The run folder of the winner, fitted on every label.</param>
/// <param name="Choice">The winner, what it was compared with, and what score to expect.</param>
/// <param name="WasFinished">The choice was finished before and nothing was done.</param>
public sealed record AutoResult(string Folder, RunChoice Choice, bool WasFinished);

/// <summary>
/// The best model that these labels give in the time allowed: ways of learning are compared on folds of the labels, from cheap to dear,
/// what is clearly worse is dropped early, and the winner is fitted on every label.
/// <code>
/// AutoResult result = AutoTuning.Run(
///     new() { Task = new TextClassification(), Train = "train.tsv", Models = ["all-MiniLM-L6-v2"], Output = "run" });
/// Console.WriteLine(result.Choice.Verdict);
/// </code>
/// </summary>
public static class AutoTuning
{
    /// <summary>Compares, chooses and fits.</summary>
    /// <param name="options">On what, for how long.</param>
    /// <param name="logger">Told of every comparison.</param>
    /// <param name="cancellationToken">Interrupts; resume goes on with what was compared.</param>
    /// <exception cref="InputException">A file or an option cannot be used.</exception>
    /// <exception cref="RunFailedException">The run could not be written.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static AutoResult Run(AutoOptions options, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        logger ??= NullLogger.Instance;
        options = options with
        {
            Started = options.Started ?? DateTimeOffset.UtcNow,
            Models = [.. options.Models.Select(ShippedModel.Locate)],
        };
        options.Validate();
        using ComputeScope computing = (options.Compute ?? ComputeContext.Current).Enter();
        RunFolder.RequireFree(options.Output, options.Resume, options.Overwrite);
        AutoData data = Read(options, logger);
        TrialStore store = TrialStore.Open(options, data);
        if (options.Resume && RunManifest.Read(options.Output) is { IsFinished: true, Choice: { } known })
            return new AutoResult(options.Output, known, WasFinished: true);
        AutoComparison comparison = new(options, data, store, logger);
        comparison.Run(cancellationToken);
        Candidate winner = comparison.Winner();
        ScoreInterval estimate = comparison.Estimate(winner);
        double? more = comparison.HundredMore(winner, cancellationToken);
        logger.Tell($"fitting {winner.Name} on every label");
        Refit(options, data, winner, comparison.DecisionsOf(winner), estimate, logger, cancellationToken);
        RunChoice choice = comparison.Record(winner, estimate, more, DateTimeOffset.UtcNow - options.Started.Value);
        (RunManifest.Read(options.Output)! with { Choice = choice }).Write(options.Output);
        IReadOnlyList<SuspiciousText>? suspicious = comparison.Suspicious(winner);
        if (suspicious is not null) SuspiciousTexts.Write(Path.Combine(options.Output, SuspiciousTexts.FileName), suspicious);
        AutoReport.Write(options, data, choice, suspicious ?? []);
        return new AutoResult(options.Output, choice, WasFinished: false);
    }

    private static AutoData Read(AutoOptions options, ILogger logger)
    {
        TaskData train = TaskFiles.ReadTraining(options.Task, options.Train, options.Columns);
        train.TellReading(null, logger);
        TaskData? evaluation = TaskFiles.ReadEvaluation(options.Task, options.Evaluation, options.Columns, train, logger);
        return new AutoData(options.Task.Labels.Count > 0 ? options.Task : options.Task.WithLabelsOf(train), train, evaluation);
    }

    private static void Refit(
        AutoOptions options,
        AutoData data,
        Candidate winner,
        Decisions decisions,
        ScoreInterval estimate,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        if (winner is ModelCandidate model)
        {
            FineTuningOptions run = model.Options with
            {
                Task = data.Task with { Decisions = decisions },
                Abstain = options.Abstain,
                Resume = true,
            };
            FineTuning.Run(
                run with
                {
                    Training = run.Training with { CheckpointEvery = TimeSpan.FromMinutes(5) },
                },
                [],
                logger,
                cancellationToken
            );
        }
        else
        {
            Fit(options, data, decisions, (CoreCandidate)winner);
        }

        if (data.Evaluation is null) RunFolder.WriteMetrics(options.Output, [new NamedScore(data.Task.MainMetric, estimate)], null);
    }

    /// <summary>The run folder of a model that needs no libtorch.</summary>
    private static void Fit(AutoOptions options, AutoData data, Decisions decisions, CoreCandidate winner)
    {
        Tokenizers.Tokenizer tokenizer = winner.TokenizerOf(data);
        FineTuningTask task = data.Task with { Decisions = decisions };
        EncodedData train = task.Encode(data.Train, tokenizer, CoreCandidate.Whole);
        CoreModel model = winner.Fit(train.Features, task);
        RunFolder folder = RunFolder.Open(options.Output, resume: true, overwrite: false);
        model.Save(folder.Path);
        RunData? evaluated = null;
        if (data.Evaluation is { } evaluation)
        {
            EncodedData encoded = task.Encode(evaluation, tokenizer, CoreCandidate.Whole);
            FeatureScores[] scores = [.. encoded.Features.Select(model.ScoresOf)];
            Decisions decided = task.Tune(evaluation, task.Decode(evaluation, encoded, scores), tuneThreshold: false);
            task = FoldEstimate.WithAbstention(
                options.Abstain,
                task with { Decisions = decided, Calibrated = true },
                evaluation,
                encoded,
                scores
            );
            IReadOnlyList<Prediction> predictions = task.Answers(evaluation, encoded, scores);
            RunFolder.WritePredictions(folder.Path, task, evaluation, predictions);
            RunFolder.WriteMetrics(folder.Path, TaskMetrics.Measure(task, evaluation, predictions), task);
            evaluated = DataOf(options.Evaluation!, evaluation, encoded);
        }

        new RunManifest
        {
            Version = typeof(AutoTuning).Assembly.GetName().Version?.ToString(3),
            IsFinished = true,
            CommandLine = options.CommandLine,
            Task = task.Name,
            Strategy = winner.Way,
            StrategyOptions = [winner.Option],
            Parameters = new RunParameters(model.Parameters, model.Parameters),
            Labels = task.Labels,
            Data = data.Train.Reading,
            Train = DataOf(options.Train, data.Train, train),
            Evaluation = evaluated,
            Decisions = task.Decisions,
            Abstain = options.Abstain,
            Seed = options.Seed,
            Encoding = CoreCandidate.Whole,
        }.Write(folder.Path);
    }

    private static RunData DataOf(string path, TaskData data, EncodedData encoded) =>
        new(
            path,
            TrialStore.Hash(path),
            data.Count,
            data.BadRows.Count,
            encoded.Features.Count,
            encoded.LongExamples,
            encoded.TokensBeyond,
            []
        );

    /// <summary>"accuracy 78.2 % (74.9 – 81.1)".</summary>
    internal static string Say(RunEstimate estimate)
    {
        NamedScore named = new(estimate.Metric, ScoreInterval.Of(estimate.Value));
        return named.IsShare
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{estimate.Metric} {100 * estimate.Value:0.0} % ({100 * estimate.Low:0.0} – {100 * estimate.High:0.0})"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{estimate.Metric} {estimate.Value:G4} ({estimate.Low:G4} – {estimate.High:G4})"
            );
    }

    /// <summary>"3 min 12 s".</summary>
    internal static string Say(TimeSpan time) => time.TotalMinutes >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (int)Math.Round(time.TotalSeconds))} s");
}
