using System.CommandLine;
using Graft.Generation;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Cli;

/// <summary>The flags of a fine-tuning run, shared by <c>finetune</c> and <c>sweep</c>; "auto" is the absence of a flag.</summary>
internal sealed class FineTuningFlags
{
    private readonly TrainingFlags _training = new();
    private readonly Option<string> _model = CommonFlags.Model.Required<string>(
        "a pre-trained one, as a folder in Hugging Face's layout or a model of the hub");
    private readonly Option<string> _task = CommonFlags.Task(FineTuningTasks.Names);
    private readonly TuningFlags _tuning = new();
    private readonly Option<string?> _train = CommonFlags.Train.Optional<string?>(
        $"{Commands.DataCommand.TrainingFormats}; label names alone otherwise (--template)");
    private readonly Option<string?> _eval = CommonFlags.Evaluation.Optional<string?>("it is evaluated during training; none otherwise");
    private readonly Option<string> _output = CommonFlags.Output.Required<string>("the run folder", "RUN");
    private readonly ReadingFlags _reading = new();
    private readonly Option<string?> _negativeColumn = new("--negative-column")
    {
        Description = "The column of texts that do not belong, for embedding; found by name otherwise.",
    };
    private readonly Option<int> _maxNewTokens = CommonFlags.MaxNewTokens.WithDefault(64, "for text-to-text and causal-lm");
    private readonly Option<int> _numBeams = CommonFlags.NumBeams.WithDefault(1, "for text-to-text and causal-lm");
    private readonly Option<int?> _examples = new("--examples")
    {
        Description = "How many of the examples to train on, every class with its share; all otherwise.",
    };
    private readonly Option<string?> _classWeights = new("--class-weights")
    {
        Description =
            "How classes are weighted in the loss: balanced, or a file with lines of a label, a tab and a weight; all alike otherwise.",
        HelpName = "balanced|FILE",
    };
    private readonly Option<double> _labelSmoothing = new("--label-smoothing")
    {
        Description = "The share of the target that is spread over all classes, such as 0.1.",
        DefaultValueFactory = _ => 0,
    };
    private readonly Option<bool> _tuneThreshold = new("--tune-threshold")
    {
        Description = "Choose the threshold of several labels on --eval instead of taking 0.5.",
    };
    private readonly Option<double?> _abstain = AbstainFlag.Create();
    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "The metrics.jsonl of a run with a time budget, whose updates are made again at their rates; none otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<int?> _stride = CommonFlags.Stride.Optional<int?>("chosen by the task otherwise");
    private readonly Option<bool> _truncate = CommonFlags.Truncate.Optional<bool>();
    private readonly Option<int> _seeds = CommonFlags.Seeds.WithDefault(1, "each in RUN/seed-S");
    private readonly Option<bool> _fromScratch = new("--from-scratch")
    {
        Description = "Start from randomly initialised weights instead of the pre-trained ones, for comparison.",
    };

    /// <summary>Adds every flag to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] all =
        [
            _model,
            _task,
            .. _tuning.All,
            _train,
            _eval,
            _output,
            .. _reading.All,
            _negativeColumn,
            _maxNewTokens,
            _numBeams,
            _examples,
            _classWeights,
            _labelSmoothing,
            _tuneThreshold,
            _abstain,
            _replay,
            _stride,
            _truncate,
            _seeds,
            _fromScratch,
        ];
        foreach (Option option in all) command.Options.Add(option);
        _training.AddTo(command);
    }

    /// <summary>The number of seeds asked for.</summary>
    public int Seeds(ParseResult parsed) =>
        parsed.GetValue(_seeds) is > 0 and int seeds ? seeds : throw new InputException("--seeds must be at least 1");

    /// <summary>The run that the flags describe; starts the engine with the threads asked for.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public FineTuningOptions Options(ParseResult parsed)
    {
        IReadOnlyList<double>? replay = parsed.GetValue(_replay) is string log ? MetricsLog.LearningRates(log) : null;
        TrainingOptions training = _training.Read(parsed, new TrainingOptions { CheckpointEvery = TimeSpan.FromMinutes(5) });
        return new FineTuningOptions
        {
            Model = ModelFlag.Locate(parsed, _model),
            Task = FineTuningTasks.Parse(parsed.GetValue(_task)!) with
            {
                Loss = new LossOptions { LabelSmoothing = parsed.GetValue(_labelSmoothing) },
                Generation = new GenerationOptions { MaxNewTokens = parsed.GetValue(_maxNewTokens), NumBeams = parsed.GetValue(_numBeams) },
            },
            Examples = parsed.GetValue(_examples),
            ClassWeights = parsed.GetValue(_classWeights),
            TuneThreshold = parsed.GetValue(_tuneThreshold),
            Abstain = parsed.GetValue(_abstain),
            Strategy = _tuning.Strategy(parsed),
            ChoosesStrategy = _tuning.IsOpen(parsed),
            Layers = _tuning.Layers(parsed),
            Train = parsed.GetValue(_train) ?? "",
            Evaluation = parsed.GetValue(_eval),
            Output = parsed.GetValue(_output)!,
            Columns = _reading.Options(parsed) with { Negative = parsed.GetValue(_negativeColumn) },
            Encoding = new EncodingOptions
            {
                MaxLength = parsed.GetValue(_training.MaxLength) ?? 128,
                Stride = parsed.GetValue(_stride),
                Truncate = parsed.GetValue(_truncate),
            },
            Epochs = parsed.GetValue(_training.Epochs),
            LearningRate = parsed.GetValue(_training.LearningRate),
            BatchSize = parsed.GetValue(_training.BatchSize),
            GradientAccumulation = parsed.GetValue(_training.GradientAccumulation) ?? 1,
            Dropout = parsed.GetValue(_training.Dropout),
            FromScratch = parsed.GetValue(_fromScratch),
            Resume = parsed.GetValue(_training.Resume),
            Overwrite = parsed.GetValue(_training.Overwrite),
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
            Training = training with { Epochs = null, Steps = replay?.Count ?? training.Steps, Replay = replay },
        };
    }
}
