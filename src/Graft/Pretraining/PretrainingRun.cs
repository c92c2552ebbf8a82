using Graft.Corpus;
using Graft.Distributed;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Training;

namespace Graft.Pretraining;

/// <summary>
/// A pre-training run: corpus → sequences → objective → trainer → a folder that Hugging Face's libraries open. It goes on after any
/// interruption; with a bound in steps to the same bits.
/// </summary>
internal sealed class PretrainingRun : IDisposable
{
    private readonly PretrainedModel _model;
    private readonly PretrainingOptions _options;
    private readonly PretrainingObjective _objective;
    private readonly ISequenceSource _source;
    private readonly HeldOut? _heldOut;
    private readonly CorpusFolder _corpus;
    private readonly MovingAverage? _average;
    private readonly string? _folder;
    private readonly ComputeContext _compute;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">The model with the objective's head; it is trained in place.</param>
    /// <param name="codec">The corpus's tokenizer.</param>
    /// <param name="corpus">The text; not disposed.</param>
    /// <param name="options">How it goes.</param>
    /// <param name="folder">Where checkpoints and the result go; null keeps nothing.</param>
    /// <exception cref="InputException">Options, model, tokenizer and corpus do not fit together.</exception>
    public PretrainingRun(PretrainedModel model, TextCodec codec, CorpusFolder corpus, PretrainingOptions options, string? folder)
        : this(model, codec, corpus, options, folder, null)
    {
    }

    internal PretrainingRun(
        PretrainedModel model,
        TextCodec codec,
        CorpusFolder corpus,
        PretrainingOptions options,
        string? folder,
        PretrainingObjective? objective
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        RequireFit(model, codec, corpus);
        (_model, _options, _corpus, _folder) = (model, options, corpus, folder);
        _compute = options.Training.Compute ?? ComputeContext.Current;
        using ComputeScope computing = _compute.Enter();
        model.Backbone.GradientCheckpointing = options.Training.GradientCheckpointing;
        _objective = objective ?? PretrainingObjectives.Create(options, codec);
        _source = Sequences(corpus.Train, codec, shuffle: true);
        if (corpus.HeldOut.Count > 0 && corpus.HeldOut.Sum(split => split.Tokens) >= options.Length * 2L && CanPair(corpus.HeldOut))
            _heldOut = HeldOut.Of(
                Sequences(corpus.HeldOut, codec, shuffle: false),
                _objective,
                options.HeldOutSequences,
                options.Batch
            );
        _objective.Prepare(
            model,
            [
                .. Enumerable
                    .Range(0, options.Batch)
                    .SelectMany(place => _source.At(place))
                    .Select(sequence => _objective.Corrupt(sequence, options.Training.Seed)),
            ]
        );
        if (options.MovingAverage is double decay && IsFirst)
            _average = new MovingAverage(
                _objective.Trained(model).named_parameters().Select(parameter => (parameter.name, parameter.parameter)),
                decay
            );
    }

    /// <summary>Rank 0 alone evaluates, averages and writes.</summary>
    private bool IsFirst => _options.Training.Processes is null or { Rank: 0 };

    /// <summary>Whether there is text to evaluate on.</summary>
    public bool HasHeldOut => _heldOut is not null;

    /// <summary>Training cost of a token.</summary>
    public double FlopsPerToken => StepCost.FlopsPerToken(_model.Backbone, _options.Length, _objective.HeadShare);

    /// <summary>This rank's share, for people.</summary>
    internal string Share() =>
        (_options.Training.Processes ?? SingleProcess.Instance).Share(
            _options.Training.GradientGroups ?? 1,
            _options.Batch,
            "sequences",
            _model.ParameterCount,
            _compute.ResolvedThreads
        );

    /// <summary>What the run costs.</summary>
    /// <param name="measure">Time a forward and backward pass, to estimate the hours.</param>
    public PretrainingPlan Plan(bool measure)
    {
        using ComputeScope computing = _compute.Enter();
        long tokens = _options.Batch * (long)_options.Length;
        double? secondsPerUpdate = measure ? SecondsPerUpdate() : null;
        long? updates = _options.Training.Steps
            ?? (
                _options.Training.TimeBudget is TimeSpan budget && secondsPerUpdate is double second
                    ? (long)(budget.TotalSeconds / second)
                    : null
            );
        double? seconds = _options.Training.TimeBudget?.TotalSeconds ?? (updates * secondsPerUpdate);
        long memory = _model.ParameterCount * 4 * (_average is null ? 4 : 5);
        return new PretrainingPlan(
            _model.ParameterCount,
            _corpus.Manifest.Total(heldOut: false).Tokens,
            _source.PerEpoch,
            tokens,
            updates,
            seconds,
            memory,
            FlopsPerToken
        );
    }

    /// <summary>Trains, then writes the model; a run that is interrupted writes it as it is then, beside its checkpoint.</summary>
    /// <param name="resume">Go on from the newest whole checkpoint where there is one.</param>
    /// <param name="observers">The observers.</param>
    /// <param name="cancellationToken">A checkpoint is written first.</param>
    /// <returns>The final results on held-out text; empty where there is none.</returns>
    /// <exception cref="RunFailedException">The loss is not finite, or the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted; its checkpoint is whole.</exception>
    public IReadOnlyList<TermResult> Execute(
        bool resume,
        IReadOnlyList<ITrainingObserver> observers,
        CancellationToken cancellationToken = default
    )
    {
        using ComputeScope computing = _compute.Enter();
        PretrainingBatches batches = new(
            _source,
            _objective,
            _options.Training.Seed,
            _options.Batch,
            _options.Training.MicroBatches(_options.GradientAccumulation)
        );
        AverageKeeper? keeper = _average is null ? null : new AverageKeeper(_average, _folder);
        IReadOnlyList<ITrainingObserver> watching = keeper is null ? observers : [keeper, .. observers];
        using (Trainer trainer = new(new PretrainingTask(_model, _objective), batches, _options.Training, _folder, watching)
        {
            Development = _heldOut is null ? null : new HeldOutEvaluation(this),
        })
        {
            if (resume)
            {
                keeper?.DropCheckpointsWithoutAverage();
                if (trainer.Resume() is > 0 and long step) keeper?.Restore(step);
            }

            try
            {
                trainer.Run(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Save(); // as far as it is: --init-from, evaluate and fine-tuning can take it
                throw;
            }
        }

        Save();
        return IsFirst ? Evaluate() : [];
    }

    /// <summary>Writes the model; the average of its weights, where there is one.</summary>
    private void Save()
    {
        if (_folder is null || !IsFirst) return;
        using IDisposable? averaged = _average?.Swap();
        _objective.SaveCompanions(_folder);
        _model.Save(_folder);
    }

    /// <summary>Results on held-out text as they are now; the average's, where there is one.</summary>
    public IReadOnlyList<TermResult> Evaluate()
    {
        using ComputeScope computing = _compute.Enter();
        using IDisposable? averaged = _average?.Swap();
        return _heldOut?.Evaluate(_model) ?? [];
    }

    /// <inheritdoc/>
    public void Dispose() => _average?.Dispose();

    private ISequenceSource Sequences(IReadOnlyList<CorpusSplit> splits, TextCodec codec, bool shuffle)
    {
        ulong seed = _options.Training.Seed;
        if (_objective.SentenceOrder is bool order) return new SentencePairs(splits, codec.Frame, _options.Length, seed, order, shuffle);
        SequenceFrame frame = _objective.FramesSequences ? codec.Frame : default;
        return new StreamWindows(splits, frame, codec.SeparatorId, _options.Length, seed, shuffle)
        {
            CutAtDocuments = _options.CutAtDocuments,
        };
    }

    // "Random" is text of another document.
    private bool CanPair(IReadOnlyList<CorpusSplit> splits) =>
        _objective.SentenceOrder != false || splits.Sum(split => split.Documents) >= 2;

    private double SecondsPerUpdate()
    {
        PretrainingBatches batches = new(
            _source,
            _objective,
            _options.Training.Seed,
            _options.Batch,
            _options.Training.MicroBatches(_options.GradientAccumulation)
        );
        PretrainingTask task = new(_model, _objective);
        double best = double.PositiveInfinity;
        for (int step = 0; step < 2; step++) // the first one warms up
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            foreach (IMicroBatch batch in OwnOf(batches.Batch(step)))
            {
                using IDisposable scope = Memory.Scope();
                TorchSharp.torch.Tensor loss = task.LossSums(batch, new StepContext(step, 0, 0)).Aggregate((a, b) => a + b);
                loss.backward();
            }

            best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        _objective.Trained(_model).zero_grad(set_to_none: true);
        return best;
    }

    /// <summary>What of a batch this rank computes.</summary>
    private IEnumerable<IMicroBatch> OwnOf(IReadOnlyList<IMicroBatch> batch)
    {
        if (_options.Training.Processes is not { Size: > 1 } processes) return batch;
        int groups = _options.Training.GradientGroups ?? 1;
        (int first, int end) = SumTree.GroupsOf(processes.Rank, processes.Size, groups);
        return batch.Skip(batch.Count * first / groups).Take((batch.Count * end / groups) - (batch.Count * first / groups));
    }

    private static void RequireFit(PretrainedModel model, TextCodec codec, CorpusFolder corpus)
    {
        if (corpus.Manifest.Tokenizer != codec.Fingerprint)
            throw new InputException(
                $"{corpus.Folder} was made with another tokenizer; build the corpus with this one, or give `tokenizer` the one it was "
                    + $"made with"
            );
        if (model.Config.VocabularySize < codec.VocabularySize)
            throw new InputException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"the tokenizer has {codec.VocabularySize} tokens, but \"vocab_size\" in the model's configuration is "
                        + $"{model.Config.VocabularySize}"
                )
            );
        if (corpus.Train.Count == 0)
            throw new InputException($"{corpus.Folder} has no text to train on");
    }

    /// <summary>Held-out results under the names that logs and reports use.</summary>
    internal static IReadOnlyDictionary<string, double> Metrics(IReadOnlyList<TermResult> results)
    {
        Dictionary<string, double> metrics = new(StringComparer.Ordinal)
        {
            ["loss"] = results.Where(term => term.Items > 0).Sum(term => term.Loss),
        };
        foreach (TermResult term in results)
        {
            metrics[term.Name + "_loss"] = term.Loss;
            if (!double.IsNaN(term.Accuracy)) metrics[term.Name + "_accuracy"] = term.Accuracy;
        }

        if (results.FirstOrDefault(term => !double.IsNaN(term.Accuracy)) is not { } first) return metrics; // nothing is guessed
        metrics["perplexity"] = first.Perplexity;
        metrics["masked_accuracy"] = first.Accuracy;
        return metrics;
    }

    private sealed class HeldOutEvaluation(PretrainingRun run) : IDevelopmentEvaluation
    {
        public string Metric => "loss";

        public bool LargerIsBetter => false;

        public IReadOnlyDictionary<string, double> Evaluate() => Metrics(run.Evaluate());
    }
}
