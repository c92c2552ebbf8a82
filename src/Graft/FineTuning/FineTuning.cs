using Graft.Data;
using Graft.Data.Checks;
using Graft.Distributed;
using Graft.Evaluation;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Tasks;

/// <summary>
/// One fine-tuning run from files to a run folder: read, encode, load, tune, train, evaluate, save.
/// <code>
/// FineTuningResult result = FineTuning.Run(
///     new() { Model = "my-bert", Task = new TextClassification(), Train = "train.tsv", Output = "run" });
/// </code>
/// </summary>
public static partial class FineTuning
{
    /// <summary>Trains with one seed.</summary>
    /// <param name="options">What, on what, how.</param>
    /// <param name="observers">The observers.</param>
    /// <param name="logger">Told what a person should know before training starts: resolved values, new weights, long texts.</param>
    /// <param name="cancellationToken">Interrupts the run after writing a checkpoint.</param>
    /// <exception cref="InputException">A file or an option cannot be used.</exception>
    /// <exception cref="RunFailedException">The run diverged or could not be written.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted; resume goes on.</exception>
    public static FineTuningResult Run(
        FineTuningOptions options,
        IReadOnlyList<ITrainingObserver>? observers = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        IProcessGroup processes = options.Training.Processes ?? SingleProcess.Instance;
        bool isFirst = processes.Rank == 0; // writes, evaluates and logs
        if (logger is null || !isFirst) logger = NullLogger.Instance;
        options = options.WithOneHome() with { Model = ShippedModel.Locate(options.Model) };
        options.Validate();
        Abstention.Validate(options.Abstain, options.Task);
        IReadOnlyList<NamedScore>? finished = options.Resume ? RunFolder.FinishedMetrics(options.Output) : null;
        if (processes.OfFirst(finished is null ? 0 : 1) == 0) finished = null;
        else finished ??= [];
        if (isFirst) RunFolder.RequireFree(options.Output, options.Resume, options.Overwrite);
        ComputeContext compute = options.Training.Compute ?? ComputeContext.Current;
        if (options.Resume) compute = ContinuedCompute.Of(options.Output, compute);
        compute = processes.Agree(compute);
        options = options with { Training = options.Training with { Compute = compute } };
        using ComputeScope computing = compute.Enter();

        Prepared prepared = Prepared.Of(options, logger);
        options = StrategyChoice.Apply(options, prepared, logger);
        if (
            processes.Size > 1
            && options.Strategy is HeadTuning { Features: not null } or HeadTuning { OnVectors: true } or ContrastiveTuning
        )
            throw new InputException(
                $"`strategy` {options.Strategy.Name} fits a classifier on vectors, which one process does: run it without mpirun, or "
                    + $"with `strategy` full"
            );
        if (options.Abstain is not null && options.Evaluation is null)
        {
            string? obstacle =
                options.Strategy is HeadTuning { Features: not null } ? "`features` cached"
                : processes.Size > 1 ? "several ranks"
                : options.Train.Length == 0 ? "label names alone"
                : options.Taught is not null ? "a teacher's answers"
                : prepared.Train.Count < FoldEstimate.FewestExamples ? $"{prepared.Train.Count} labels"
                : null;
            if (obstacle is not null)
                throw new InputException($"`abstain`: with {obstacle} no labels are held out: give held-out examples with `eval`");
        }

        if (options.Strategy is HeadTuning { Features: not null } frozen)
            return FrozenFeatures.FeatureRun.Run(options, frozen, prepared, finished, observers ?? [], logger, cancellationToken);
        if (options.Strategy is ContrastiveTuning or HeadTuning { OnVectors: true })
            return Contrastive.ContrastiveRun.Run(options, prepared, finished, observers ?? [], logger, cancellationToken);
        using PretrainedModel model = LoadModel(options, prepared.Task);
        foreach (string line in model.Report.Notes) logger.Tell(line);
        options.Layers.Reinitialize(model.Network, model.Backbone, options.Training.Seed);
        Adapter tuned = model.Tune(options.Strategy, options.Training.Seed);
        TunedModule trained = new(model.Network, tuned.Parts);
        Resolution resolution = Resolution.Of(options, model, trained, prepared.Train.Count, logger);
        if (finished is not null)
        {
            ManifestOf.RequireSame(options, resolution, prepared);
            return new FineTuningResult(options.Output, finished, WasFinished: true);
        }

        TaskObjective objective = TaskObjectives.Of(prepared.Task);
        if (objective.SpansBatch && processes.Size > 1)
            throw new InputException(
                $"`task` {prepared.Task.Name}: the loss of each example depends on the whole batch, which ranks do not see: train it "
                    + $"with one process"
            );
        Collator collator = Collator.Of(objective.Layout, model);
        FeatureBatches batches = new(
            prepared.EncodedTrain.Features,
            new BatchingOptions
            {
                BatchSize = resolution.BatchSize.Value,
                GradientAccumulation = options.Training.MicroBatches(options.GradientAccumulation),
                TokensAMicroBatch = objective.TokensAMicroBatch(model.Config),
                Seed = options.Training.Seed,
            },
            feature => prepared.Train.PlaceOf(feature.Example),
            prepared.Task.LossItems);
        TaskTrainable trainable = new(objective, model, collator, trained, options);
        if (processes.Size > 1)
        {
            RunManifest manifest = ManifestOf.Expected(options, resolution, prepared);
            logger.Tell($"ranks: {processes.Description}");
            string share = processes.Share(
                options.Training.GradientGroups ?? 1,
                resolution.BatchSize.Value,
                "examples",
                trained.Count().Trained,
                compute.ResolvedThreads
            );
            foreach (string line in processes.Tell(share)) logger.Tell(line);
            StartCheck.Require(
                processes,
                [
                    ("version", manifest.Version ?? ""),
                    (
                        "options and data",
                        RunManifestJson.Write(manifest with { CommandLine = null, Cost = null, Threads = null }).ToJsonString()
                    ),
                ]
            );
            if (!isFirst)
                return Follow(trainable, batches, resolution.Training, options, cancellationToken);
        }

        // everything that is read has been read: nothing is left behind by bad input
        RunFolder folder = RunFolder.Open(options.Output, options.Resume, options.Overwrite);
        MetricsLog log = new(folder.Path);
        using TensorBoardLog events = new(folder.Path);
        using Trainer trainer = new(trainable, batches, resolution.Training, folder.Path, [log, events, .. observers ?? []])
        {
            Development = prepared.Evaluation is null
                ? null
                : new DevelopmentEvaluation(
                    prepared.Task,
                    prepared.Evaluation,
                    prepared.EncodedEvaluation!,
                    new TaskScorer(objective, model, collator)
                ),
        };
        log.KeepUpTo(options.Resume ? trainer.Resume() : 0);
        ManifestOf.Write(folder, options, resolution, prepared, isFinished: false);
        trainer.Run(cancellationToken);

        FeatureScores[] evaluated = prepared.Evaluation is null
            ? []
            : new TaskScorer(objective, model, collator).Score(prepared.EncodedEvaluation!.Features, cancellationToken);
        model.Save(folder.Path);
        objective.SaveCompanions(model, folder.Path);
        return Finish(options, resolution, prepared, folder, evaluated, new(model), logger, cancellationToken);
    }

    /// <summary>Trains in memory and scores held-out features: a run without a folder.</summary>
    internal static FeatureScores[] Score(
        FineTuningOptions options,
        FineTuningTask task,
        IReadOnlyList<Feature> train,
        Func<Feature, string> describe,
        IReadOnlyList<Feature> held,
        CancellationToken cancellationToken,
        Action<PretrainedModel>? fitted = null
    )
    {
        using PretrainedModel model = LoadModel(options, task);
        TunedModule trained = new(model.Network, model.Tune(options.Strategy, options.Training.Seed).Parts);
        Resolution resolution = Resolution.Of(options, model, trained, train.Count, NullLogger.Instance);
        TaskObjective objective = TaskObjectives.Of(task);
        Collator collator = Collator.Of(objective.Layout, model);
        FeatureBatches batches = new(
            train,
            new BatchingOptions
            {
                BatchSize = resolution.BatchSize.Value,
                TokensAMicroBatch = objective.TokensAMicroBatch(model.Config),
                Seed = options.Training.Seed,
            },
            describe,
            task.LossItems
        );
        using (
            Trainer trainer = new(
                new TaskTrainable(objective, model, collator, trained, options),
                batches,
                resolution.Training,
                folder: null
            )
        )
            trainer.Run(cancellationToken);
        fitted?.Invoke(model);
        return new TaskScorer(objective, model, collator).Score(held, cancellationToken);
    }

    /// <summary>The part of a rank other than the first: it trains, and leaves evaluating and writing to that one.</summary>
    private static FineTuningResult Follow(
        TaskTrainable trainable,
        FeatureBatches batches,
        TrainingOptions training,
        FineTuningOptions options,
        CancellationToken cancellationToken
    )
    {
        using Trainer trainer = new(trainable, batches, training, options.Output);
        if (options.Resume) trainer.Resume();
        trainer.Run(cancellationToken);
        return new FineTuningResult(options.Output, [], WasFinished: false);
    }

    /// <summary>Decides, measures and writes what a run folder holds beside the model.</summary>
    internal static FineTuningResult Finish(
        FineTuningOptions options,
        Resolution resolution,
        Prepared prepared,
        RunFolder folder,
        FeatureScores[] evaluated,
        Lazy<PretrainedModel> model,
        ILogger logger,
        CancellationToken cancellationToken = default
    )
    {
        NamedScore? estimate = null;
        bool isDecided = prepared.Task.Decisions != new Decisions();
        HeldOutPart? heldOut =
            prepared.Evaluation is null
            && options.Train.Length > 0
            && (((options.ChoosesStrategy || options.Strategy is ContrastiveTuning) && !isDecided) || options.Abstain is not null)
                ? FoldEstimate.HoldOut(options, prepared, logger, cancellationToken)
                : null;
        if (heldOut is not null && !isDecided) (prepared, estimate) = FoldEstimate.Decide(options, prepared, heldOut, logger);
        (prepared, IReadOnlyList<Prediction> predictions) = Decide(options, prepared, evaluated, logger);
        if (options.Abstain is not null) WriteFamiliarity(folder, prepared, heldOut, model.Value, logger, cancellationToken);
        IReadOnlyList<NamedScore> scores = prepared.Evaluation is null
            ? estimate is null
                ? []
                : [estimate]
            : TaskMetrics.Measure(prepared.Task, prepared.Evaluation, predictions);
        if (prepared.Evaluation is not null)
            RunFolder.WritePredictions(folder.Path, prepared.Task, prepared.Evaluation, predictions);
        else if (heldOut is not null)
            RunFolder.WritePredictions(
                folder.Path,
                prepared.Task,
                heldOut.Data,
                prepared.Task.Answers(heldOut.Data, heldOut.Encoded, heldOut.Scores)
            );
        RunFolder.WriteMetrics(folder.Path, scores, prepared.Evaluation is null ? null : prepared.Task);
        RunReport.Write(folder, options, resolution, prepared, predictions, heldOut, scores);
        ManifestOf.Write(folder, options, resolution, prepared, isFinished: true);
        folder.RemoveCheckpoints();
        return new FineTuningResult(options.Output, scores, WasFinished: false);
    }

    /// <summary>What tells texts unlike the training data, where held-out texts are enough to say from which distance on.</summary>
    private static void WriteFamiliarity(
        RunFolder folder,
        Prepared prepared,
        HeldOutPart? heldOut,
        PretrainedModel model,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        float[] Vectors(TaskData data, EncodedData encoded) =>
            Familiarity.OfExamples(data.Count, encoded.Features, OwnVectors.Of(model, encoded.Features, cancellationToken));
        float[] own = Vectors(prepared.Train, prepared.EncodedTrain);
        Familiarity shape = Familiarity.Fit(own, own.Length / prepared.Train.Count);
        IReadOnlyList<double> distances = prepared.Evaluation is null
            ? heldOut?.Distances ?? []
            : shape.Distances(Vectors(prepared.Evaluation, prepared.EncodedEvaluation!));
        if (shape.Calibrated(distances) is Familiarity known) FamiliarityFile.Write(folder.Path, known);
        else logger.Tell($"{distances.Count} held-out texts are too few to know which are unlike the training data");
    }

    private static PretrainedModel LoadModel(FineTuningOptions options, FineTuningTask task)
    {
        LoadOptions load = new()
        {
            Head = task.Head,
            Labels = task.Labels.Count > 0 ? task.Labels : null,
            ProblemType = task.ProblemType,
            Dropout = options.Dropout,
            Seed = options.Training.Seed,
            FromScratch = options.FromScratch,
        };
        PretrainedModel model = PretrainedModel.Load(options.Model, load);
        model.Backbone.GradientCheckpointing = options.Training.GradientCheckpointing;
        Tokenizer trained = task.ForTraining(model.Tokenizer);
        if (!ReferenceEquals(trained, model.Tokenizer)) model.Tokenizer = trained; // and is saved with the model
        return model;
    }

    /// <summary>The trained model's predictions on development data, and what these decide: thresholds, temperature.</summary>
    private static (Prepared Prepared, IReadOnlyList<Prediction> Predictions) Decide(
        FineTuningOptions options,
        Prepared prepared,
        FeatureScores[] scores,
        ILogger logger
    )
    {
        if (prepared.Evaluation is null)
        {
            if (options.Taught is null && prepared.Task is SequenceClassification.TextClassification { Decisions.Temperature: null })
                logger.Tell(
                    "trained on every label once, without development data: confidence is raw, no temperature was fitted (`eval` FILE)"
                );
            return (prepared, []);
        }

        IReadOnlyList<Prediction> predictions = prepared.Task.Decode(prepared.Evaluation, prepared.EncodedEvaluation!, scores);
        Decisions decisions = prepared.Task.Tune(prepared.Evaluation, predictions, options.TuneThreshold);
        FineTuningTask task = FoldEstimate.WithAbstention(
            options.Abstain,
            prepared.Task with { Decisions = decisions },
            prepared.Evaluation,
            prepared.EncodedEvaluation!,
            scores
        );
        if (task.Decisions == prepared.Task.Decisions && task.Decisions.Temperature is null) return (prepared, predictions);
        // What the folder says of the development data is what every later command answers by default.
        task = task with { Calibrated = true };
        if (task.Decisions != prepared.Task.Decisions) logger.Tell($"decided on {options.Evaluation}: {task.Decisions.Describe()}");
        return (prepared with { Task = task }, task.Answers(prepared.Evaluation, prepared.EncodedEvaluation!, scores));
    }
}

/// <summary>What came of a run.</summary>
/// <param name="Folder">The run folder.</param>
/// <param name="Scores">On the development data; empty without any.</param>
/// <param name="WasFinished">The run was finished before and nothing was done.</param>
public sealed record FineTuningResult(string Folder, IReadOnlyList<NamedScore> Scores, bool WasFinished);
