using System.CommandLine;
using System.Globalization;
using Graft.Torch.Compute;
using Graft.Torch.Optimizers;
using Graft.Training;

namespace Graft.Cli;

/// <summary>
/// The flags of every command that trains, and what they mean as options. What is not given stays as the command's recipe has it.
/// </summary>
internal sealed class TrainingFlags
{
    private readonly Option<long?> _steps = new("--steps")
    {
        Description = "How many updates to make, instead of epochs; epochs decide otherwise.",
    };
    private readonly Option<string?> _timeBudget = CommonFlags.TimeBudget.Optional<string?>(
        "instead of epochs; the schedule then follows the clock; epochs decide otherwise");
    private readonly Option<double?> _warmup = new("--warmup")
    {
        Description =
            "The updates over which the learning rate rises: a share of all (below 1) or a number; chosen by the recipe otherwise.",
    };
    private readonly Option<string?> _schedule = new("--schedule")
    {
        Description =
            "How the learning rate falls: linear, cosine, constant, one-cycle, polynomial, inverse-sqrt or cosine-restarts; linear "
                + "otherwise.",
    };
    private readonly Option<string?> _optimizer = new("--optimizer")
    {
        Description =
            "The optimizer: adamw, or muon for the matrices of hidden layers and AdamW for the rest, at the same rate; adamw "
                + "otherwise.",
    };
    private readonly Option<double?> _weightDecay = new("--weight-decay")
    {
        Description = "The decoupled weight decay of matrices and embeddings; 0.01 otherwise.",
    };
    private readonly Option<double?> _beta1 = new("--beta1") { Description = "The decay of AdamW's first moment; 0.9 otherwise." };
    private readonly Option<double?> _beta2 = new("--beta2")
    {
        Description = "The decay of AdamW's second moment; 0.999 otherwise, 0.98 in pre-training.",
    };
    private readonly Option<double?> _epsilon = new("--epsilon")
    {
        Description = "The epsilon in AdamW's denominator; 1e-8 otherwise, 1e-6 in pre-training.",
    };
    private readonly Option<double?> _clipNorm = new("--clip-norm")
    {
        Description = "The largest norm of the gradient, to which a larger one is scaled, 0 for no limit; 1 otherwise.",
    };
    private readonly Option<ulong?> _seed = CommonFlags.Seed.Optional<ulong?>("42 otherwise");
    private readonly Option<long?> _evalEvery = new("--eval-every")
    {
        Description = "How many updates lie between evaluations; an epoch otherwise, or several where there are more than twenty.",
    };
    private readonly Option<int?> _earlyStopping = new("--early-stopping")
    {
        Description = "How many evaluations without a better score end the run; none otherwise.",
    };
    private readonly Option<string?> _keep = new("--keep")
    {
        Description = "Which weights remain: those after the last update (last) or those of the best evaluation (best); last otherwise.",
    };
    private readonly Option<string?> _checkpointEvery = new("--checkpoint-every")
    {
        Description = "How far checkpoints are apart, in updates (500) or in time (20m); 5m otherwise.",
    };
    private readonly Option<int?> _keepCheckpoints = new("--keep-checkpoints")
    {
        Description = "How many checkpoints stay on disk; 2 otherwise.",
    };
    private readonly Option<string?> _precision = CommonFlags.Precision.Optional<string?>(
        "fp32, or bf16 for products where the processor is faster with it (AMX, or avx512_bf16 of AMD); weights stay fp32; fp32 "
            + "otherwise");
    private readonly Option<bool> _gradientCheckpointing = new("--gradient-checkpointing")
    {
        Description =
            "Compute each layer again in the backward pass, which takes less memory and about a third more time, with the same result.",
    };
    private readonly Option<string?> _device = new("--device")
    {
        Description = "The device to compute on, cpu or cuda:0; cpu otherwise.",
        HelpName = "DEVICE",
    };
    private readonly Option<int?> _threads = CommonFlags.Threads();

    /// <summary>Passes over the data.</summary>
    public Option<double?> Epochs { get; } = CommonFlags.Epochs.Optional<double?>("chosen by the recipe otherwise");

    /// <summary>The peak rate.</summary>
    public Option<double?> LearningRate { get; } =
        new("--learning-rate") { Description = "The peak of the learning rate, such as 2e-5; chosen by the recipe otherwise." };

    /// <summary>Optimizer batch in examples.</summary>
    public Option<int?> BatchSize { get; } = CommonFlags.BatchSize.Optional<int?>(
        "a batch makes one update; chosen by the recipe otherwise");

    /// <summary>Micro-batches of a batch.</summary>
    public Option<int?> GradientAccumulation { get; } =
        new("--gradient-accumulation")
        {
            Description = "How many micro-batches a batch is cut into, which takes less memory, with the same result; 1 otherwise.",
        };

    /// <summary>Tokens of a sequence.</summary>
    public Option<int?> MaxLength { get; } = CommonFlags.MaxLength.Optional<int?>("128 otherwise");

    /// <summary>Dropout of all layers.</summary>
    public Option<double?> Dropout { get; } =
        new("--dropout")
        {
            Description = "The dropout probability of all layers; the model's own otherwise, none in pre-training without a teacher.",
        };

    /// <summary>Go on from the newest checkpoint.</summary>
    public Option<bool> Resume { get; } = CommonFlags.Resume.Optional<bool>("from its newest whole checkpoint");

    /// <summary>Replace the output folder.</summary>
    public Option<bool> Overwrite { get; } = CommonFlags.Overwrite.Optional<bool>();

    /// <summary>Adds all flags to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] all =
        [
            Epochs,
            _steps,
            _timeBudget,
            BatchSize,
            GradientAccumulation,
            LearningRate,
            _warmup,
            _schedule,
            _optimizer,
            _weightDecay,
            _beta1,
            _beta2,
            _epsilon,
            _clipNorm,
            Dropout,
            MaxLength,
            _seed,
            _evalEvery,
            _earlyStopping,
            _keep,
            _checkpointEvery,
            _keepCheckpoints,
            Resume,
            Overwrite,
            _precision,
            _gradientCheckpointing,
            _threads,
            _device,
            OptionSources.ConfigOption(),
        ];
        foreach (Option option in all) command.Options.Add(option);
    }

    /// <summary>The options of the flags that were given; the others stay as <paramref name="defaults"/> has them.</summary>
    /// <exception cref="InputException">A flag has no sensible value, or this machine has no such device or precision.</exception>
    public TrainingOptions Read(ParseResult parsed, TrainingOptions defaults)
    {
        ComputeContext compute = defaults.Compute ?? ComputeContext.Default;
        compute = compute with
        {
            Device = parsed.GetValue(_device) is string device ? ComputeDevice.Parse(device) : compute.Device,
            Threads = parsed.GetValue(_threads) ?? compute.Threads,
            Precision = parsed.GetValue(_precision) is string precision ? Precisions.Parse(precision) : compute.Precision,
        };
        compute.Validate();
        TimeSpan? budget = parsed.GetValue(_timeBudget) is string time ? Duration(_timeBudget, time) : null;
        long? steps = parsed.GetValue(_steps);
        double? epochs = parsed.GetValue(Epochs);
        if (budget is null && steps is null && epochs is null)
            (budget, steps, epochs) = (defaults.TimeBudget, defaults.Steps, defaults.Epochs);
        TrainingOptions options = defaults with
        {
            Epochs = epochs,
            Steps = steps,
            TimeBudget = budget,
            LearningRate = parsed.GetValue(LearningRate) ?? defaults.LearningRate,
            Schedule = defaults.Schedule with
            {
                Warmup = parsed.GetValue(_warmup) ?? defaults.Schedule.Warmup,
                Kind = parsed.GetValue(_schedule) is string name ? ScheduleOf(name) : defaults.Schedule.Kind,
            },
            Optimizer = new AdamWOptions
            {
                Beta1 = parsed.GetValue(_beta1) ?? defaults.Optimizer.Beta1,
                Beta2 = parsed.GetValue(_beta2) ?? defaults.Optimizer.Beta2,
                Epsilon = parsed.GetValue(_epsilon) ?? defaults.Optimizer.Epsilon,
                WeightDecay = parsed.GetValue(_weightDecay) ?? defaults.Optimizer.WeightDecay,
            },
            Muon = parsed.GetValue(_optimizer) switch
            {
                null => defaults.Muon,
                "adamw" => null,
                "muon" => defaults.Muon ?? new MuonOptions(),
                string other => throw new InputException($"--optimizer {other}: adamw or muon"),
            },
            ClipNorm = parsed.GetValue(_clipNorm) ?? defaults.ClipNorm,
            Compute = compute,
            GradientCheckpointing = parsed.GetValue(_gradientCheckpointing),
            Seed = parsed.GetValue(_seed) ?? defaults.Seed,
            EvaluateEvery = parsed.GetValue(_evalEvery) ?? defaults.EvaluateEvery,
            EarlyStopping = parsed.GetValue(_earlyStopping) ?? defaults.EarlyStopping,
            Keep = parsed.GetValue(_keep) switch
            {
                null => defaults.Keep,
                "last" => KeepWeights.Last,
                "best" => KeepWeights.Best,
                string other => throw new InputException($"--keep {other}: last or best"),
            },
            KeepCheckpoints = parsed.GetValue(_keepCheckpoints) ?? defaults.KeepCheckpoints,
        };
        return WithCheckpoints(options, parsed.GetValue(_checkpointEvery));
    }

    private TrainingOptions WithCheckpoints(TrainingOptions options, string? every)
    {
        if (every is null) return options;
        return long.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out long updates)
            ? options with { CheckpointEverySteps = updates, CheckpointEvery = null }
            : options with { CheckpointEverySteps = null, CheckpointEvery = Duration(_checkpointEvery, every) };
    }

    /// <summary>Reads 90s, 20m, 1.5h or 2d.</summary>
    /// <exception cref="InputException">It is none of them.</exception>
    internal static TimeSpan Duration(Option flag, string text)
    {
        double seconds =
            text.Length == 0
                ? 0
                : text[^1] switch
                {
                    's' => 1,
                    'm' => 60,
                    'h' => 3600,
                    'd' => 86_400,
                    _ => 0,
                };
        if (
            seconds > 0
            && double.TryParse(
                text.AsSpan(0, text.Length - 1),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out double amount
            )
            && amount is > 0 and < 1e6
        )
            return TimeSpan.FromSeconds(amount * seconds);
        throw new InputException($"{flag.Name} {text}: a time such as 90s, 20m or 8h is expected");
    }

    private static ScheduleKind ScheduleOf(string name) =>
        name switch
        {
            "linear" => ScheduleKind.Linear,
            "cosine" => ScheduleKind.Cosine,
            "constant" => ScheduleKind.Constant,
            "one-cycle" => ScheduleKind.OneCycle,
            "polynomial" => ScheduleKind.Polynomial,
            "inverse-sqrt" => ScheduleKind.InverseSqrt,
            "cosine-restarts" => ScheduleKind.CosineRestarts,
            _ => throw new InputException(
                $"--schedule {name}: linear, cosine, constant, one-cycle, polynomial, inverse-sqrt or cosine-restarts"
            ),
        };
}
