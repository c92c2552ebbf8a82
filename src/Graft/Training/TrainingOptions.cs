using System.Text.Json.Serialization;
using Graft.Distributed;
using Graft.Torch.Compute;
using Graft.Torch.Optimizers;

namespace Graft.Training;

/// <summary>Which weights a run ends with.</summary>
public enum KeepWeights
{
    /// <summary>Those of the last update.</summary>
    Last,

    /// <summary>Those of the best evaluation on the development data.</summary>
    Best,
}

/// <summary>How a run goes; names as the command line's flags. Exactly one of epochs, steps and time budget bounds it.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the data; null when steps or time bound the run.</summary>
    public double? Epochs { get; init; }

    /// <summary>Updates; null when epochs or time bound the run.</summary>
    public long? Steps { get; init; }

    /// <summary>Wall-clock time; the schedule then follows the clock. Null when epochs or steps bound the run.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>The peak learning rate.</summary>
    /// <value>Null for automatic: fine-tuning chooses by strategy and model; <see cref="UsualLearningRate"/> otherwise.</value>
    public double? LearningRate { get; init; }

    /// <summary>The peak learning rate where nothing chooses one: 5e-5.</summary>
    public const double UsualLearningRate = 5e-5;

    /// <summary>The rate of each update, as another run logged it: replays a run that followed the clock. Null: the schedule.</summary>
    public IReadOnlyList<double>? Replay { get; init; }

    /// <summary>The schedule of the learning rate.</summary>
    public Schedule Schedule { get; init; } = new();

    /// <summary>AdamW's constants.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Muon for the matrices of hidden layers, AdamW for the rest.</summary>
    /// <value>Null: AdamW for all.</value>
    public MuonOptions? Muon { get; init; }

    /// <summary>How the run's numbers are computed: precision, library, threads, device.</summary>
    /// <value>Null for the context of the thread that prepares the run: all automatic where none was entered.</value>
    [JsonIgnore]
    public ComputeContext? Compute { get; init; }

    /// <summary>
    /// Groups that the gradient of a batch is summed in, along a fixed order: equal numbers of groups give equal bits on any number of
    /// ranks. A batch is then cut into at least as many micro-batches. At least the number of ranks.
    /// </summary>
    /// <value>Null for one: as the batch is cut otherwise.</value>
    public int? GradientGroups { get; init; }

    /// <summary>The processes that train together.</summary>
    /// <value>Null: this one alone.</value>
    [JsonIgnore]
    public IProcessGroup? Processes { get; init; }

    /// <summary>
    /// Layers keep what enters them and are computed again in the backward pass: less memory, the same gradients, about a third more time.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>The largest global norm of the gradient; 0: no clipping.</summary>
    /// <value>1</value>
    public double ClipNorm { get; init; } = 1;

    /// <summary>The seed of everything random in the run.</summary>
    /// <value>42</value>
    public ulong Seed { get; init; } = 42;

    /// <summary>
    /// Updates between evaluations; null: at the end of each epoch, of every so many where there are more than twenty (of an endless
    /// stream: never).
    /// </summary>
    public long? EvaluateEvery { get; init; }

    /// <summary>Ends the run after so many evaluations without improvement; null: never.</summary>
    public int? EarlyStopping { get; init; }

    /// <summary>Which weights the run ends with.</summary>
    public KeepWeights Keep { get; init; }

    /// <summary>Updates between checkpoints; null: by time or never.</summary>
    public long? CheckpointEverySteps { get; init; }

    /// <summary>Time between checkpoints; null: by steps or never.</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>How many checkpoints stay on disk.</summary>
    /// <value>2</value>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>How many micro-batches a batch is cut into: as many as are asked for, and the same number a group.</summary>
    /// <param name="asked">Gradient accumulation.</param>
    internal int MicroBatches(int asked) => GradientGroups is int groups ? (asked + groups - 1) / groups * groups : asked;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        int bounds = (Epochs is null ? 0 : 1) + (Steps is null ? 0 : 1) + (TimeBudget is null ? 0 : 1);
        Require(Replay is null || Steps == Replay.Count, "steps", Steps, "the number of updates that are replayed");
        if (bounds != 1) throw new InputException("exactly one of epochs, steps and time-budget must bound a run");
        Require(Epochs is null or > 0, "epochs", Epochs, "above 0");
        Require(Steps is null or > 0, "steps", Steps, "above 0");
        Require(TimeBudget is null || TimeBudget > TimeSpan.Zero, "time-budget", TimeBudget, "above 0");
        Require(
            LearningRate is null || (LearningRate > 0 && double.IsFinite(LearningRate.Value)),
            "learning-rate",
            LearningRate,
            "above 0"
        );
        Require(Schedule.Warmup >= 0, "warmup", Schedule.Warmup, "a share below 1 or a number of updates");
        Require(GradientGroups is null or >= 1, "gradient-groups", GradientGroups, "at least 1");
        Require(ClipNorm >= 0, "clip-norm", ClipNorm, "0 (off) or more");
        Require(EvaluateEvery is null or > 0, "eval-every", EvaluateEvery, "above 0");
        Require(EarlyStopping is null or > 0, "early-stopping", EarlyStopping, "above 0");
        Require(CheckpointEverySteps is null or > 0, "checkpoint-every", CheckpointEverySteps, "above 0");
        Require(KeepCheckpoints >= 1, "keep-checkpoints", KeepCheckpoints, "at least 1");
        Optimizer.Validate();
        Muon?.Validate();
        Compute?.Validate();
    }

    private static void Require(bool condition, string key, object? value, string allowed)
    {
        if (!condition) throw new InputException(key, FormattableString.Invariant($"{value}"), allowed);
    }
}
