using System.CommandLine;
using Graft.Generation;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Cli;

/// <summary>The flags of a fine-tuning run, shared by <c>finetune</c> and <c>sweep</c>; "auto" is the absence of a flag.</summary>
internal sealed class FineTuningFlags
{
    private readonly TrainingFlags _training = new();
    private readonly Option<string> _model = ModelFlag.Create(
        "The pre-trained model: a folder in Hugging Face's layout, or a model of the hub."
    );
    private readonly Option<string> _task = Text(
        "--task",
        $"What is learned: {string.Join(", ", FineTuningTasks.Names)}.",
        "TASK",
        required: true
    );
    private readonly TuningFlags _tuning = new();
    private readonly Option<string?> _train = new("--train")
    {
        HelpName = "FILE",
        Description =
            "Labelled examples, or a folder or pattern of shards: CSV, JSON, JSON Lines, Parquet, fastText; CoNLL, entities by "
                + "characters; SQuAD.",
    };
    private readonly Option<string?> _eval = new("--eval")
    {
        Description = "Development data, evaluated during training; none otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<string> _output = Text("--output", "The run folder.", "RUN", required: true);
    private readonly ReadingFlags _reading = new();
    private readonly Option<string?> _negativeColumn = new("--negative-column")
    {
        Description = "Embedding: the column of texts that do not belong; found by name otherwise.",
    };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "text-to-text, causal-lm: the most tokens of a generated text.",
        DefaultValueFactory = _ => 64,
    };
    private readonly Option<int> _numBeams = new("--num-beams")
    {
        Description = "text-to-text, causal-lm: the beams of the search for a text, 1 for a greedy one.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<int?> _examples = new("--examples")
    {
        Description = "Train on this many of the examples only, every class with its share.",
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
        Description = "Several labels: choose the threshold on --eval instead of taking 0.5.",
    };
    private readonly Option<double?> _abstain = AbstainFlag.Create();
    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "The metrics.jsonl of a run with a time budget: makes its updates again, at their rates.",
        HelpName = "FILE",
    };
    private readonly Option<int?> _stride = new("--stride")
    {
        Description = "How many tokens neighbouring windows of a long text share; chosen by the task otherwise.",
    };
    private readonly Option<bool> _truncate = new("--truncate") { Description = "Cut long texts instead of reading them in windows." };
    private readonly Option<int> _seeds = new("--seeds")
    {
        Description = "How many runs to make, with seed, seed + 1 …, each in RUN/seed-S.",
        DefaultValueFactory = _ => 1,
    };
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

    private static Option<string> Text(string name, string description, string help, bool required) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            Required = required,
        };
}
