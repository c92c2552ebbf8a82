using System.Diagnostics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using TorchSharp;
using AdamW = Graft.Torch.Optimizers.AdamW;
using Optimizer = Graft.Torch.Optimizers.Optimizer;
using Parameter = TorchSharp.Modules.Parameter;
using static TorchSharp.torch;

namespace Graft.Training;

/// <summary>
/// The training loop, the only one in the project. Objectives and tasks come in through <see cref="ITrainable"/>, data through
/// <see cref="IBatchSource"/>; what watches is an <see cref="ITrainingObserver"/>.
/// <code>
/// for each optimizer batch:   gradient of its exact mean loss → norm → clip → optimizer at the schedule's rate
/// now and then:               evaluate, write a checkpoint
/// </code>
/// Its numbers are computed in its own <see cref="ComputeContext"/>, so that trainers and predictors run beside each other in one process.
/// Everything random is a function of (seed, step), so a run that goes on from a checkpoint makes the same bits as one never interrupted.
/// </summary>
public sealed class Trainer : IDisposable
{
    private const int MostEvaluations = 20; // of a run that is not told when to evaluate
    private readonly ITrainable _trainable;
    private readonly IBatchSource _source;
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<ITrainingObserver> _observers;
    private readonly FlatParameters _parameters;
    private readonly Optimizer _optimizer;
    private readonly RunState _state;
    private readonly long? _totalUpdates;
    private ComputeContext _compute;
    private readonly Stopwatch _clock = new();
    private TimeSpan _lastCheckpoint;

    /// <summary>Prepares a run.</summary>
    /// <param name="trainable">What is trained; its parameters with <c>requires_grad</c> are.</param>
    /// <param name="source">The optimizer batches.</param>
    /// <param name="options">How the run goes.</param>
    /// <param name="folder">Where checkpoints go; null: none are written.</param>
    /// <param name="observers">The observers.</param>
    /// <exception cref="InputException">An option is out of its range, or nothing bounds the run.</exception>
    public Trainer(ITrainable trainable, IBatchSource source, TrainingOptions options, string? folder = null, params IReadOnlyList<ITrainingObserver> observers)
    {
        options.Validate();
        (_trainable, _source, _options, _observers) = (trainable, source, options, observers);
        _compute = options.Compute ?? ComputeContext.Current;
        _totalUpdates = options.Steps ?? (options.Epochs is double epochs ? UpdatesOf(epochs, source) : null);
        _parameters = new FlatParameters(TrainedParameters(trainable, _totalUpdates ?? 0));
        _optimizer = options.Muon is null ? new AdamW(_parameters, options.Optimizer) : new Muon(_parameters, options.Muon, options.Optimizer);
        _state = new RunState(_parameters, _optimizer, folder, options.KeepCheckpoints);
    }

    /// <summary>Development data to evaluate on; null: none.</summary>
    public IDevelopmentEvaluation? Development { get; init; }

    /// <summary>Goes on from the newest whole checkpoint, if there is one.</summary>
    /// <returns>The update to go on from; 0 when there is no checkpoint.</returns>
    /// <exception cref="InputException">The checkpoint belongs to another model.</exception>
    public long Resume()
    {
        // The same products, the same bits: of this run, whatever others use.
        if (_state.RestoreNewest() is MatrixLibrary library) _compute = _compute with { Library = library };
        return _state.Step;
    }

    /// <summary>Trains to the end, or until cancelled: then a checkpoint is written first.</summary>
    /// <exception cref="RunFailedException">The loss or the gradient is not finite; the last good state is in a checkpoint.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted; its checkpoint is whole.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        using ComputeScope computing = _compute.Enter();
        Notify(observer => observer.Started(new TrainingPlan(_parameters.Count, _totalUpdates, _source.StepsPerEpoch, _state.Step)));
        _clock.Restart();
        _lastCheckpoint = TimeSpan.Zero;
        while (!IsFinished())
        {
            if (cancellation.IsCancellationRequested)
            {
                Checkpoint();
                cancellation.ThrowIfCancellationRequested();
            }

            Update(_state.Step);
            if (IsEvaluationDue()) Evaluate();
            if (IsCheckpointDue()) Checkpoint();
        }

        if (_options.Keep == KeepWeights.Best) _state.RestoreBest();
    }

    /// <summary>Releases gradients and moments.</summary>
    public void Dispose()
    {
        _optimizer.Dispose();
        _parameters.Dispose();
    }

    /// <summary>One update: the gradient of the optimizer batch's exact mean loss, clipped, at the schedule's rate.</summary>
    private void Update(long step)
    {
        IReadOnlyList<IMicroBatch> batch = _source.Batch(step);
        _parameters.Unfreeze(step);
        try
        {
            double[] terms = Gradient(batch, step);
            double norm = _parameters.GradientNorm();
            double loss = terms.Sum();
            if (!double.IsFinite(loss) || !double.IsFinite(norm)) throw Diverged(batch, loss, norm);

            double rate = _options.Replay is { } logged ? logged[(int)step] : (_options.LearningRate ?? TrainingOptions.UsualLearningRate) * Multiplier();
            _optimizer.Step(rate, FlatParameters.ClipFactor(norm, _options.ClipNorm));
            _state.Step++;
            UpdateRecord update = new(
                _state.Step, loss, terms, norm, rate, batch.Sum(micro => micro.Examples), batch.Sum(micro => micro.Tokens), Progress(), Elapsed().TotalSeconds);
            Notify(observer => observer.Updated(update));
        }
        finally
        {
            foreach (IMicroBatch micro in batch) micro.Dispose();
        }
    }

    /// <summary>
    /// Adds up the gradient over micro-batches. Each term's sum is divided by what the whole batch counts, not by the micro-batch's share:
    /// the result is the gradient of the mean over all items, however the batch is cut.
    /// </summary>
    /// <returns>The mean of each term.</returns>
    private double[] Gradient(IReadOnlyList<IMicroBatch> batch, long step)
    {
        _parameters.ZeroGradients();
        double[] counts = [.. _trainable.LossTerms.Select((_, term) => batch.Sum(micro => micro.Counts[term]))];
        double[] means = new double[counts.Length];
        ulong seed = CounterRandom.Key(_options.Seed, (ulong)step);
        for (int micro = 0; micro < batch.Count; micro++)
        {
            using DisposeScope scope = Memory.Scope();
            Tensor[] sums = _trainable.LossSums(batch[micro], new StepContext(step, micro, seed));
            Tensor? loss = null;
            for (int term = 0; term < sums.Length; term++)
            {
                if (counts[term] == 0) continue;
                Tensor mean = sums[term] / counts[term];
                means[term] += mean.item<float>();
                loss = loss is null ? mean : loss + mean;
            }

            if (loss is not null && loss.requires_grad) loss.backward();
        }

        return means;
    }

    private void Evaluate()
    {
        if (Development is null) return;
        IReadOnlyDictionary<string, double> metrics = Development.Evaluate();
        double value = metrics[Development.Metric];
        bool isBest = double.IsFinite(value) && (_state.Best is not double best || (Development.LargerIsBetter ? value > best : value < best)); // a score without a value is never the best
        _state.Evaluated(value, isBest, saveWeights: _options.Keep == KeepWeights.Best);
        Notify(observer => observer.Evaluated(new EvaluationRecord(_state.Step, metrics, isBest)));
    }

    private void Checkpoint()
    {
        _state.Seconds = Elapsed().TotalSeconds;
        string? folder = _state.Write(_compute.ResolvedLibrary);
        _clock.Restart();
        _lastCheckpoint = TimeSpan.Zero;
        if (folder is not null) Notify(observer => observer.CheckpointWritten(folder));
    }

    private RunFailedException Diverged(IReadOnlyList<IMicroBatch> batch, double loss, double norm)
    {
        Checkpoint();
        string what = double.IsFinite(loss) ? FormattableString.Invariant($"the gradient's norm is {norm}") : FormattableString.Invariant($"the loss is {loss}");
        string kept = _state.Folder is null ? "nothing was written" : $"the state before it is kept in {_state.Folder}";
        return new RunFailedException(
            $"update {_state.Step + 1}: {what} on {string.Join("; ", batch.Select(micro => micro.Describe()))}; {kept}; try a lower learning rate or look at these examples");
    }

    private bool IsFinished() =>
        (_totalUpdates is long total && _state.Step >= total)
        || (_options.TimeBudget is TimeSpan budget && Elapsed() >= budget)
        || (_options.EarlyStopping is int patience && _state.EvaluationsSinceBest >= patience)
        || _observers.Any(observer => observer.StopsRun);

    private bool IsEvaluationDue()
    {
        if (Development is null) return false;
        if (_state.Step == _totalUpdates) return true;
        return (_options.EvaluateEvery ?? UpdatesBetweenEvaluations()) is long every && _state.Step % every == 0;
    }

    /// <summary>The updates of an epoch; of several where the run has very many, as with a few dozen examples, which would evaluate more than they train.</summary>
    private long? UpdatesBetweenEvaluations() =>
        _source.StepsPerEpoch is long epoch ? epoch * Math.Max(1, ((_totalUpdates ?? 0) + (epoch * MostEvaluations) - 1) / (epoch * MostEvaluations)) : null;

    private bool IsCheckpointDue() =>
        (_options.CheckpointEverySteps is long steps && _state.Step % steps == 0)
        || (_options.CheckpointEvery is TimeSpan time && _clock.Elapsed - _lastCheckpoint >= time);

    private double Multiplier()
    {
        Schedule schedule = _options.Schedule;
        if (_options.TimeBudget is not TimeSpan budget) return schedule.Multiplier(_state.Step, schedule.WarmupUpdates(_totalUpdates!.Value), _totalUpdates.Value);
        double total = budget.TotalSeconds;
        return schedule.Multiplier(Elapsed().TotalSeconds, Math.Min(0.5, schedule.Warmup) * total, total);
    }

    private double Progress() =>
        _totalUpdates is long total ? (double)_state.Step / total : Math.Min(1, Elapsed() / _options.TimeBudget!.Value);

    /// <summary>Training time, that before interruptions included.</summary>
    private TimeSpan Elapsed() => TimeSpan.FromSeconds(_state.Seconds) + _clock.Elapsed;

    private void Notify(Action<ITrainingObserver> tell)
    {
        foreach (ITrainingObserver observer in _observers) tell(observer);
    }

    private static long UpdatesOf(double epochs, IBatchSource source)
    {
        long perEpoch = source.StepsPerEpoch ?? throw new InputException("the data has no end: bound the run by steps or time-budget instead of epochs");
        return Math.Max(1, (long)Math.Ceiling(epochs * perEpoch));
    }

    private static List<TrainedParameter> TrainedParameters(ITrainable trainable, long updates)
    {
        List<TrainedParameter> trained = [];
        foreach ((string name, Parameter parameter) in trainable.Module.named_parameters())
        {
            if (!parameter.requires_grad) continue;
            trained.Add(new TrainedParameter(
                name, parameter, trainable.Decays(name, parameter), trainable.RateFactor(name), trainable.HiddenMatrices(parameter), trainable.StartsAt(name, updates)));
        }

        return trained.Count > 0 ? trained : throw new InputException("nothing is trained: the strategy leaves every parameter as it is");
    }
}
