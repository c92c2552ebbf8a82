using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Training;
using Graft.Tuning;
using Graft.Tuning.Files;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks.FrozenFeatures;

/// <summary>
/// A run on frozen features: the backbone sees each text once (or never, when the features are on disk from before), then a classifier is
/// fitted on the table in seconds. The run folder holds the classifier and says which base and features it is for.
/// </summary>
internal static class FeatureRun
{
    /// <summary>Fits, evaluates and saves.</summary>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static FineTuningResult Run(
        FineTuningOptions options,
        HeadTuning strategy,
        Prepared prepared,
        IReadOnlyList<NamedScore>? finished,
        IReadOnlyList<ITrainingObserver> observers,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        if (prepared.Task.Head != HeadKinds.SequenceClassification)
            throw new InputException($"`features` cached is for tasks about whole texts; {prepared.Task.Name} needs `features` live");
        bool hasClasses = prepared.EncodedTrain.Features.All(feature => feature.Target is ClassTarget) && prepared.Task.Loss.IsPlain;
        FeatureClassifier kind = strategy.Classifier ?? (hasClasses ? FeatureClassifier.Logistic : FeatureClassifier.Linear);
        LoadOptions load = new()
        {
            Labels = prepared.Task.Labels.Count > 0 ? prepared.Task.Labels : null,
            ProblemType = prepared.Task.ProblemType,
        };
        ModelConfig config = PretrainedModel.Adapted(PretrainedModel.ReadConfig(options.Model), load);
        strategy.Features!.Validate(config);
        string hash = WeightsHash.Of(options.Model) ?? throw new InputException($"{options.Model} holds no weights");
        Lazy<PretrainedModel> model = new(() => PretrainedModel.Load(options.Model, new LoadOptions { Head = HeadKinds.None }));
        try
        {
            FeatureTable train = FeatureTable.Of(model, hash, prepared.EncodedTrain.Features, strategy.Features, logger, cancellationToken);
            FeatureTable? evaluation = prepared.EncodedEvaluation is null
                ? null
                : FeatureTable.Of(model, hash, prepared.EncodedEvaluation.Features, strategy.Features, logger, cancellationToken);
            int outputs = config.Labels.Count;
            Resolution resolution = Resolve(options, kind, strategy.Features, prepared, ((long)outputs * train.Width) + outputs, logger);
            if (finished is not null)
            {
                ManifestOf.RequireSame(options, resolution, prepared);
                return new FineTuningResult(options.Output, finished, WasFinished: true);
            }

            RunFolder folder = RunFolder.Open(options.Output, options.Resume, options.Overwrite);
            MetricsLog log = new(folder.Path);
            AtomicFile.WriteText(Path.Combine(folder.Path, "metrics.jsonl"), ""); // a convex fit logs no updates
            ManifestOf.Write(folder, options, resolution, prepared, isFinished: false);
            LinearClassifier classifier =
                kind == FeatureClassifier.Logistic
                    ? FeatureClassifierFit.Logistic(prepared.Task, prepared.EncodedTrain.Features, train)
                    : FeatureClassifierFit.Linear(
                        prepared.Task,
                        Batches(options, resolution, prepared),
                        prepared.EncodedTrain.Features,
                        train,
                        resolution.Training,
                        outputs,
                        [log, .. observers],
                        cancellationToken
                    );
            Save(folder.Path, options.Model, hash, config, strategy.Features, classifier);
            return FineTuning.Finish(
                options,
                resolution,
                prepared,
                folder,
                evaluation is null ? [] : [.. classifier.Score(evaluation.Vectors).Select(values => new FeatureScores(values, outputs))],
                model,
                logger,
                cancellationToken
            );
        }
        finally
        {
            if (model.IsValueCreated) model.Value.Dispose();
        }
    }

    private static Resolution Resolve(
        FineTuningOptions options,
        FeatureClassifier kind,
        FeatureOptions features,
        Prepared prepared,
        long parameters,
        ILogger logger
    )
    {
        int examples = prepared.Train.Count;
        bool isConvex = kind == FeatureClassifier.Logistic;
        Resolved<double> rate =
            isConvex ? new(1, "none: one optimum, found by L-BFGS")
            : options.LearningRate is double given ? new(given, "as asked")
            : new(1e-2, "a matrix on standardised features");
        Resolved<double> epochs =
            isConvex ? new(1, "none: one optimum")
            : options.Epochs is double count ? new(count, "as asked")
            : new(20, "an epoch takes a moment");
        if (isConvex) Resolution.TellUnused(options, "one optimum, found by L-BFGS", logger);
        Resolved<int> batch = options.BatchSize is int size ? new(size, "as asked") : AutoRecipe.BatchSize(examples);
        logger.Tell(
            string.Create(CultureInfo.InvariantCulture,
                $"strategy head on features ({features.Describe()}), classifier {kind.ToString().ToLowerInvariant()}: {parameters:N0} "
                    + $"parameters"
            )
        );
        bool isBounded = !isConvex && (options.Training.Steps is not null || options.Training.TimeBudget is not null);
        return new Resolution(
            options.Training with
            {
                Epochs = isBounded ? null : epochs.Value,
                LearningRate = rate.Value,
                CheckpointEvery = null,
                CheckpointEverySteps = null,
            },
            rate,
            isBounded ? null : epochs,
            batch
        )
        {
            TrainedParameters = parameters,
            AllParameters = parameters,
        };
    }

    private static FeatureBatches Batches(FineTuningOptions options, Resolution resolution, Prepared prepared) =>
        new(
            prepared.EncodedTrain.Features,
            new BatchingOptions
            {
                BatchSize = resolution.BatchSize.Value,
                GradientAccumulation = options.GradientAccumulation,
                Seed = options.Training.Seed,
            },
            feature => prepared.Train.PlaceOf(feature.Example),
            prepared.Task.LossItems
        );

    private static void Save(
        string folder,
        string model,
        string hash,
        ModelConfig config,
        FeatureOptions features,
        LinearClassifier classifier
    )
    {
        AdapterBase basis = AdaptedModel.BaseOf(model, hash);
        int outputs = classifier.Bias.Length;
        PretrainedModel.SaveConfig(config, HeadKinds.SequenceClassification, folder);
        AdapterFolder.Write(
            folder,
            FeatureFormat.Config(features, basis),
            [
                TensorToWrite.FromSingles(
                    $"{FeatureHead.OutputName}.weight",
                    [outputs, classifier.Weight.Length / outputs],
                    classifier.Weight
                ),
                TensorToWrite.FromSingles($"{FeatureHead.OutputName}.bias", [outputs], classifier.Bias),
            ],
            basis);
        CompanionFiles.Copy(model, folder);
    }
}
