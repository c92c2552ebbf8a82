using Graft.Backbones;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Tasks.Contrastive;

/// <summary>
/// A body that is trained on pairs, and the classifier on its vectors: the computing part of a contrastive run, in a run folder or in
/// memory.
/// </summary>
internal sealed class ContrastiveFit : IDisposable
{
    private readonly FineTuningOptions _options;
    private readonly IReadOnlyList<Feature> _train;
    private readonly PairBatches? _batches;
    private readonly TunedModule _module;
    private readonly double _c;

    /// <summary>Loads the body and draws the pairs; with frozen vectors there are none, and only the classifier is fitted.</summary>
    /// <param name="options">Model, strategy, training.</param>
    /// <param name="task">With its labels.</param>
    /// <param name="train">Texts with their labels.</param>
    /// <param name="describe">Names a text for messages.</param>
    /// <param name="logger">Told of rates and parameters.</param>
    /// <exception cref="InputException">The task tells no labels apart, or an option is not for this strategy.</exception>
    public ContrastiveFit(
        FineTuningOptions options,
        FineTuningTask task,
        IReadOnlyList<Feature> train,
        Func<Feature, string> describe,
        ILogger logger
    )
    {
        string name = options.Strategy is ContrastiveTuning ? "`strategy` contrastive" : "`features` vectors";
        if (task.Head != HeadKinds.SequenceClassification)
            throw new InputException($"{name} is for tasks that give whole texts labels; {task.Name} is none");
        if (!task.Loss.IsPlain)
            throw new InputException($"{name} has no class weights and no label smoothing");
        (_options, _train) = (options, train);
        int[][] labels = VectorClassifierFit.LabelsOf(train);
        LoadOptions load = new()
        {
            Head = HeadKinds.Embedding,
            Normalize = true,
            Dropout = options.Dropout,
            Seed = options.Training.Seed,
            FromScratch = options.FromScratch,
            Labels = task.Labels,
            ProblemType = task.ProblemType,
        };
        Model = PretrainedModel.Load(options.Model, load);
        Model.Backbone.GradientCheckpointing = options.Training.GradientCheckpointing;
        _c = options.InversePenalty ?? VectorClassifierFit.ChooseC(train, TextVectors.Of(Model, train), task.Labels.Count);
        _module = new TunedModule(Model.Network, Model.Tune(options.Strategy, options.Training.Seed).Parts);
        if (options.Strategy is not ContrastiveTuning strategy)
        {
            Resolution = Convex(options, task, logger);
            return;
        }

        _batches = new PairBatches(
            train,
            epoch => new PairSampler(labels, CounterRandom.Key(options.Training.Seed, epoch)).Draw(strategy),
            new BatchingOptions
            {
                BatchSize = options.BatchSize ?? AutoRecipe.PairBatchSize.Value,
                GradientAccumulation = options.GradientAccumulation,
                Seed = options.Training.Seed,
            },
            describe
        );
        options.Layers.Reinitialize(Model.Network, Model.Backbone, options.Training.Seed);
        Resolution = Resolution.Of(options, Model, _module, train.Count, logger);
        if (options.Training.EarlyStopping is not null && options.Training.EvaluateEvery is null)
            Resolution = Resolution with
            {
                Training = Resolution.Training with { EvaluateEvery = Math.Max(1, (_batches.StepsPerEpoch ?? 0) / 10) },
            };
    }

    /// <summary>The body.</summary>
    public PretrainedModel Model { get; }

    /// <summary>The inverse penalty of the classifier.</summary>
    public double C => _c;

    /// <summary>The values that were left open.</summary>
    public Resolution Resolution { get; }

    /// <summary>The loop; null where the body stays as it is. Its development evaluation is by the classifier, not by the pairs.</summary>
    /// <param name="folder">Where checkpoints go; null: nowhere.</param>
    /// <param name="development">Held-out texts with labels; null: none.</param>
    /// <param name="observers">The observers.</param>
    public Trainer? Trainer(string? folder, IDevelopmentEvaluation? development, IReadOnlyList<ITrainingObserver> observers) =>
        _batches is null
            ? null
            : new(new ContrastiveTrainable(Model, _module, _options.Layers), _batches, Resolution.Training, folder, observers)
            {
                Development = development,
            };

    /// <summary>The classifier on the body's vectors as they are now.</summary>
    public LinearClassifier Classifier(int labels, CancellationToken cancellationToken = default) =>
        VectorClassifierFit.Fit(_train, TextVectors.Of(Model, _train, cancellationToken), labels, _c);

    /// <summary>Trains in memory and scores held-out features.</summary>
    public static FeatureScores[] Score(
        FineTuningOptions options,
        FineTuningTask task,
        IReadOnlyList<Feature> train,
        Func<Feature, string> describe,
        IReadOnlyList<Feature> held,
        CancellationToken cancellationToken,
        Action<PretrainedModel>? fitted = null
    )
    {
        using ContrastiveFit fit = new(options, task, train, describe, NullLogger.Instance);
        using (Trainer? trainer = fit.Trainer(null, null, [])) trainer?.Run(cancellationToken);
        LinearClassifier classifier = fit.Classifier(task.Labels.Count, cancellationToken);
        fitted?.Invoke(fit.Model);
        return
        [
            .. classifier
                .Score(TextVectors.Of(fit.Model, held, cancellationToken))
                .Select(values => new FeatureScores(values, values.Length)),
        ];
    }

    public void Dispose() => Model.Dispose();

    /// <summary>What a run says that has nothing to choose: one optimum.</summary>
    private Resolution Convex(FineTuningOptions options, FineTuningTask task, ILogger logger)
    {
        Resolved<double> none = new(1, "none: one optimum, found by L-BFGS");
        long parameters = task.Labels.Count * (((EmbeddingHead)Model.Head!).WidthOn(Model.Config.HiddenSize) + 1L);
        Resolution.TellUnused(options, "one optimum, found by L-BFGS", logger);
        logger.Tell(FormattableString.Invariant($"strategy head on the model's vectors: {parameters:N0} parameters"));
        return new Resolution(options.Training with { Epochs = 1, LearningRate = none.Value }, none, none, new(1, none.Reason))
        {
            TrainedParameters = parameters,
            AllParameters = Model.ParameterCount + parameters,
        };
    }
}

/// <summary>
/// Development data judged by a classifier that is fitted on the training texts' vectors of the moment: its loss decides, not the pairs'.
/// </summary>
internal sealed class ClassifierEvaluation(ContrastiveFit fit, FineTuningTask task, TaskData data, EncodedData encoded)
    : IDevelopmentEvaluation
{
    public string Metric => "head_loss";

    public bool LargerIsBetter => false;

    public IReadOnlyDictionary<string, double> Evaluate()
    {
        float[][] scores = fit.Classifier(task.Labels.Count).Score(TextVectors.Of(fit.Model, encoded.Features));
        IReadOnlyList<Prediction> predictions = task.Decode(
            data,
            encoded,
            [.. scores.Select(values => new FeatureScores(values, values.Length))]
        );
        Dictionary<string, double> metrics = TaskMetrics
            .Measure(task, data, predictions)
            .ToDictionary(score => score.Name, score => score.Interval.Value, StringComparer.Ordinal);
        metrics[Metric] = VectorClassifierFit.Loss(encoded.Features, scores);
        return metrics;
    }
}
