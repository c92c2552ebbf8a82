using System.Diagnostics;
using Graft.Distributed;
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
    private readonly IProcessGroup _processes;
    private readonly GradientGroups? _groups; // null: one process adds up the whole batch in place
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
    public Trainer(
        ITrainable trainable,
        IBatchSource source,
        TrainingOptions options,
        string? folder = null,
        params IReadOnlyList<ITrainingObserver> observers
    )
    {
        options.Validate();
        (_trainable, _source, _options, _observers) = (trainable, source, options, observers);
        _compute = options.Compute ?? ComputeContext.Current;
        if (_compute.Precision == Precision.Int8) throw new InputException("precision", "int8", "fp32 or bf16: 8 bits are for answers");
        _totalUpdates = options.Steps ?? (options.Epochs is double epochs ? UpdatesOf(epochs, source) : null);
        _processes = options.Processes ?? SingleProcess.Instance;
        _parameters = new FlatParameters(TrainedParameters(trainable, _totalUpdates ?? 0));
        if (options.GradientGroups > 1 || _processes.Size > 1)
            _groups = new GradientGroups(_parameters, _processes, options.GradientGroups ?? 1, wholeMatrices: options.Muon is not null);
        IReadOnlyList<FlatParameters.Segment> owned = _groups?.Owned ?? _parameters.Segments;
        _optimizer = options.Muon is null
            ? new AdamW(_parameters, options.Optimizer, owned)
            : new Muon(_parameters, options.Muon, options.Optimizer, owned);
        _state = new RunState(_parameters, _optimizer, folder, options.KeepCheckpoints)
        {
            Shards = _processes.Size > 1 ? new SharedState(_processes, _groups!.Shards) : null,
        };
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
    public void Run(CancellationToken cancellationToken = default)
    {
        using ComputeScope computing = _compute.Enter();
        if (_processes.Size > 1)
            StartCheck.Require(
                _processes,
                [
                    ("weights", _parameters.Hash()),
                    ("update to go on from", $"{_state.Step}"),
                    ("matrix library", $"{_compute.ResolvedLibrary}"),
                    ("precision", $"{_compute.Precision}"),
                ]
            );
        Notify(observer => observer.Started(new TrainingPlan(_parameters.Count, _totalUpdates, _source.StepsPerEpoch, _state.Step)));
        _clock.Restart();
        _lastCheckpoint = TimeSpan.Zero;
        if (_processes.Size == 1) RunAlone(cancellationToken);
        else RunTogether(cancellationToken);
        if (_options.Keep == KeepWeights.Best && _processes.Rank == 0) _state.RestoreBest();
    }

    /// <summary>Releases gradients and moments.</summary>
    public void Dispose()
    {
        _groups?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
    }

    private void RunAlone(CancellationToken cancellationToken)
    {
        while (!IsFinished())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Checkpoint();
                cancellationToken.ThrowIfCancellationRequested();
            }

            _ = Update(_state.Step, null);
            if (IsEvaluationDue()) Evaluate();
            if (IsCheckpointDue()) Checkpoint();
        }
    }

    /// <summary>
    /// The same on several ranks. What depends on a clock, a signal or a score is decided by rank 0 where all meet, between the ranks' own
    /// gradients and their sum: a decision of a rank's own would leave the others waiting. Rank 0 alone evaluates; the others are then
    /// already at the next gradient.
    /// </summary>
    private void RunTogether(CancellationToken cancellationToken)
    {
        while (_totalUpdates is null || _state.Step < _totalUpdates)
        {
            Orders orders = Update(_state.Step, () =>
                _processes.Meet((byte)(cancellationToken.IsCancellationRequested ? Orders.Stop : Orders.None), Decide)
            );
            if (orders.HasFlag(Orders.Finish))
                break;
            if (orders.HasFlag(Orders.Stop))
            {
                Checkpoint();
                throw new OperationCanceledException(cancellationToken);
            }

            if (_processes.Rank == 0 && IsEvaluationDue()) Evaluate();
            if (orders.HasFlag(Orders.Checkpoint)) Checkpoint();
        }
    }

    private MeetingResult Decide(byte wishes)
    {
        Orders orders = ((Orders)wishes & Orders.Stop) | (IsFinished() ? Orders.Finish : Orders.None);
        bool isDue = _options.CheckpointEverySteps is long steps ? (_state.Step + 1) % steps == 0 : IsCheckpointDue();
        return new MeetingResult((byte)(orders | (isDue ? Orders.Checkpoint : Orders.None)), Elapsed().TotalSeconds);
    }

    /// <summary>One update: the gradient of the optimizer batch's exact mean loss, clipped, at the schedule's rate.</summary>
    /// <param name="step">The number of the update.</param>
    /// <param name="meet">Asks all ranks, with this rank's gradient at hand, what is to be done; null for a process that is alone.</param>
    private Orders Update(long step, Func<MeetingResult>? meet)
    {
        IReadOnlyList<IMicroBatch> batch = _source.Batch(step);
        _parameters.Unfreeze(step);
        try
        {
            double[] counts = [.. _trainable.LossTerms.Select((_, term) => batch.Sum(micro => micro.Counts[term]))];
            double[] means = _groups is null ? Gradient(batch, step, counts) : GradientOfGroups(_groups, batch, step, counts);
            MeetingResult met = meet?.Invoke() ?? new MeetingResult(0, Elapsed().TotalSeconds);
            Orders orders = (Orders)met.Order;
            if ((orders & (Orders.Finish | Orders.Stop)) != Orders.None) return orders;
            (double norm, double[] terms) = _groups is null ? (_parameters.GradientNorm(), means) : Sum(_groups, batch.Count, means);
            double loss = terms.Sum();
            if (!double.IsFinite(loss) || !double.IsFinite(norm)) throw Diverged(batch, loss, norm);

            double rate = _options.Replay is { } logged
                ? logged[(int)step]
                : (_options.LearningRate ?? TrainingOptions.UsualLearningRate) * Multiplier(met.Value);
            _optimizer.Step(rate, FlatParameters.ClipFactor(norm, _options.ClipNorm));
            _groups?.ShareValues();
            _state.Step++;
            UpdateRecord update = new(
                _state.Step,
                loss,
                terms,
                norm,
                rate,
                batch.Sum(micro => micro.Examples),
                batch.Sum(micro => micro.Tokens),
                Progress(),
                Elapsed().TotalSeconds
            );
            Notify(observer => observer.Updated(update));
            return orders;
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
    private double[] Gradient(IReadOnlyList<IMicroBatch> batch, long step, double[] counts)
    {
        _parameters.ZeroGradients();
        double[] means = new double[counts.Length];
        for (int micro = 0; micro < batch.Count; micro++) Backward(batch, micro, step, counts, means);
        return means;
    }

    /// <summary>The same of this rank's groups, each by itself.</summary>
    /// <returns>What each of its micro-batches adds to the mean of each term.</returns>
    private double[] GradientOfGroups(GradientGroups groups, IReadOnlyList<IMicroBatch> batch, long step, double[] counts)
    {
        List<double> all = [];
        for (int group = groups.First; group < groups.End; group++)
        {
            _parameters.ZeroGradients();
            (int first, int end) = groups.MicroBatchesOf(group, batch.Count);
            for (int micro = first; micro < end; micro++)
            {
                double[] means = new double[counts.Length];
                Backward(batch, micro, step, counts, means);
                all.AddRange(means);
            }

            groups.Add(group);
        }

        return [.. all];
    }

    /// <summary>
    /// One micro-batch's gradient is added to what is there, and its share of each term's mean to <paramref name="means"/>.
    /// </summary>
    private void Backward(IReadOnlyList<IMicroBatch> batch, int micro, long step, double[] counts, double[] means)
    {
        using DisposeScope scope = Memory.Scope();
        Tensor[] sums = _trainable.LossSums(batch[micro], new StepContext(step, micro, CounterRandom.Key(_options.Seed, (ulong)step)));
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

    /// <summary>The whole batch's gradient of this rank's part, its norm, and the mean of each term.</summary>
    private (double Norm, double[] Terms) Sum(GradientGroups groups, int microBatches, double[] means)
    {
        int terms = _trainable.LossTerms.Count;
        int[] counts = [.. Enumerable.Range(0, _processes.Size).Select(rank =>
        {
            (int first, int end) = SumTree.GroupsOf(rank, _processes.Size, groups.Count);
            return (groups.MicroBatchesOf(end - 1, microBatches).End - groups.MicroBatchesOf(first, microBatches).First) * terms;
        })];
        (double norm, double[] all) = groups.Sum(means, counts);
        double[] sums = new double[terms];
        for (int i = 0; i < all.Length; i++) sums[i % terms] += all[i];
        return (norm, sums);
    }

    private void Evaluate()
    {
        if (Development is null) return;
        IReadOnlyDictionary<string, double> metrics = Development.Evaluate();
        double value = metrics[Development.Metric];
        // a score without a value is never the best
        bool isBest =
            double.IsFinite(value) && (_state.Best is not double best || (Development.LargerIsBetter ? value > best : value < best));
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
        string what = double.IsFinite(loss)
            ? FormattableString.Invariant($"the gradient's norm is {norm}")
            : FormattableString.Invariant($"the loss is {loss}");
        string kept = _state.Folder is null ? "nothing was written" : $"the state before it is kept in {_state.Folder}";
        return new RunFailedException(
            $"update {_state.Step + 1}: {what} on {string.Join("; ", batch.Select(micro => micro.Describe()))}; {kept}; try a lower "
                + $"learning rate or look at these examples"
        );
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

    /// <summary>
    /// The updates of an epoch; of several where the run has very many, as with a few dozen examples, which would evaluate more than they
    /// train.
    /// </summary>
    private long? UpdatesBetweenEvaluations() =>
        _source.StepsPerEpoch is long epoch
            ? epoch * Math.Max(1, ((_totalUpdates ?? 0) + (epoch * MostEvaluations) - 1) / (epoch * MostEvaluations))
            : null;

    private bool IsCheckpointDue() =>
        (_options.CheckpointEverySteps is long steps && _state.Step % steps == 0)
        || (_options.CheckpointEvery is TimeSpan time && _clock.Elapsed - _lastCheckpoint >= time);

    /// <param name="elapsed">Seconds of training, by rank 0's clock.</param>
    private double Multiplier(double elapsed)
    {
        Schedule schedule = _options.Schedule;
        if (_options.TimeBudget is not TimeSpan budget)
            return schedule.Multiplier(_state.Step, schedule.WarmupUpdates(_totalUpdates!.Value), _totalUpdates.Value);
        double total = budget.TotalSeconds;
        return schedule.Multiplier(elapsed, Math.Min(0.5, schedule.Warmup) * total, total);
    }

    private double Progress() =>
        _totalUpdates is long total ? (double)_state.Step / total : Math.Min(1, Elapsed() / _options.TimeBudget!.Value);

    /// <summary>Training time, that before interruptions included.</summary>
    private TimeSpan Elapsed() => TimeSpan.FromSeconds(_state.Seconds) + _clock.Elapsed;

    private void Notify(Action<ITrainingObserver> tell)
    {
        foreach (ITrainingObserver observer in _observers) tell(observer);
    }

    /// <summary>What rank 0 tells the others, and what a rank wishes.</summary>
    [Flags]
    private enum Orders : byte
    {
        None = 0,
        Stop = 1,
        Finish = 2,
        Checkpoint = 4,
    }

    private static long UpdatesOf(double epochs, IBatchSource source)
    {
        long perEpoch = source.StepsPerEpoch
            ?? throw new InputException("the data has no end: bound the run by steps or time-budget instead of epochs");
        return Math.Max(1, (long)Math.Ceiling(epochs * perEpoch));
    }

    private static List<TrainedParameter> TrainedParameters(ITrainable trainable, long updates)
    {
        List<TrainedParameter> trained = [];
        foreach ((string name, Parameter parameter) in trainable.Module.named_parameters())
        {
            if (!parameter.requires_grad)
                continue;
            trained.Add(
                new TrainedParameter(
                    name,
                    parameter,
                    trainable.Decays(name, parameter),
                    trainable.RateFactor(name),
                    trainable.HiddenMatrices(parameter),
                    trainable.StartsAt(name, updates)
                )
            );
        }

        return trained.Count > 0 ? trained : throw new InputException("nothing is trained: the strategy leaves every parameter as it is");
    }
}
