using System.CommandLine;
using System.Globalization;
using Graft.Data;
using Graft.Generation;
using Graft.Tasks;
using Graft.Torch;
using Graft.Training;

namespace Graft.Cli;

/// <summary>The flags of a fine-tuning run, shared by <c>finetune</c> and <c>sweep</c>; "auto" is the absence of a flag.</summary>
internal sealed class FineTuningFlags
{
    private readonly Option<string> _model = Text("--model", "The pre-trained model: a folder in Hugging Face's layout.", "DIR", required: true);
    private readonly Option<string> _task = Text("--task", $"What is learned: {string.Join(", ", FineTuningTasks.Names)}.", "TASK", required: true);
    private readonly TuningFlags _tuning = new();
    private readonly Option<string> _train = Text("--train", "Labelled examples: CSV, TSV, JSON Lines or Parquet; CoNLL; SQuAD JSON.", "FILE", required: true);
    private readonly Option<string?> _eval = new("--eval") { Description = "Development data, evaluated during training.", HelpName = "FILE" };
    private readonly Option<string> _output = Text("--output", "The run folder.", "RUN", required: true);
    private readonly Option<string?> _textColumn = new("--text-column") { Description = "The text column (or the words' column); found by name and content otherwise." };
    private readonly Option<string?> _pairColumn = new("--pair-column") { Description = "The second text's column." };
    private readonly Option<string?> _labelColumn = new("--label-column") { Description = "The label column." };
    private readonly Option<string?> _negativeColumn = new("--negative-column") { Description = "The column of texts that do not belong (embedding); found by name otherwise." };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens") { Description = "The most tokens of a written text (text-to-text, causal-lm).", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _numBeams = new("--num-beams") { Description = "Beams of the search for a text; 1: greedy.", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> _examples = new("--examples") { Description = "Train on so many of the examples only, every class with its share." };
    private readonly Option<string?> _classWeights = new("--class-weights") { Description = "balanced, or a file of lines: label, tab, weight.", HelpName = "balanced|FILE" };
    private readonly Option<double> _labelSmoothing = new("--label-smoothing") { Description = "The share of the target that is spread over all classes: 0.1.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _tuneThreshold = new("--tune-threshold") { Description = "Several labels: choose the threshold on --eval instead of taking 0.5." };
    private readonly Option<double?> _epochs = new("--epochs") { Description = "Passes over the data; auto: from the number of examples." };
    private readonly Option<long?> _steps = new("--steps") { Description = "Updates, instead of epochs." };
    private readonly Option<string?> _timeBudget = new("--time-budget") { Description = "Time, instead of epochs: 20m, 90s, 2h. The schedule follows the clock.", HelpName = "TIME" };
    private readonly Option<string?> _replay = new("--replay") { Description = "The metrics.jsonl of a run with a time budget: makes its updates again, at their rates.", HelpName = "FILE" };
    private readonly Option<int?> _batchSize = new("--batch-size") { Description = "Examples in an optimizer batch; auto: 16 or 32." };
    private readonly Option<int> _accumulation = new("--gradient-accumulation") { Description = "Cuts the batch into so many micro-batches; changes memory, not results.", DefaultValueFactory = _ => 1 };
    private readonly Option<double?> _learningRate = new("--learning-rate") { Description = "The peak rate; auto: from strategy and model size." };
    private readonly Option<double> _warmup = new("--warmup") { Description = "Share of the updates (below 1) or their number.", DefaultValueFactory = _ => 0.1 };
    private readonly Option<string> _schedule = new("--schedule") { Description = "linear, cosine, constant, one-cycle, polynomial, inverse-sqrt or cosine-restarts.", DefaultValueFactory = _ => "linear" };
    private readonly Option<double> _weightDecay = new("--weight-decay") { Description = "Of matrices and embeddings.", DefaultValueFactory = _ => 0.01 };
    private readonly Option<double> _beta1 = new("--beta1") { Description = "AdamW's.", DefaultValueFactory = _ => 0.9 };
    private readonly Option<double> _beta2 = new("--beta2") { Description = "AdamW's.", DefaultValueFactory = _ => 0.999 };
    private readonly Option<double> _epsilon = new("--epsilon") { Description = "AdamW's.", DefaultValueFactory = _ => 1e-8 };
    private readonly Option<double> _clipNorm = new("--clip-norm") { Description = "The gradient's largest norm; 0: none.", DefaultValueFactory = _ => 1 };
    private readonly Option<double?> _dropout = new("--dropout") { Description = "Of all layers; the model's own otherwise." };
    private readonly Option<int> _maxLength = new("--max-length") { Description = "The most tokens of a window.", DefaultValueFactory = _ => 128 };
    private readonly Option<int?> _stride = new("--stride") { Description = "Tokens that neighbouring windows of a long text share." };
    private readonly Option<bool> _truncate = new("--truncate") { Description = "Cut long texts instead of reading them in windows." };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Of everything random.", DefaultValueFactory = _ => 42 };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs seed, seed + 1 …, each in RUN/seed-S.", DefaultValueFactory = _ => 1 };
    private readonly Option<long?> _evalEvery = new("--eval-every") { Description = "Updates between evaluations; after each epoch otherwise." };
    private readonly Option<int?> _earlyStopping = new("--early-stopping") { Description = "Stop after so many evaluations without a better score." };
    private readonly Option<string> _keep = new("--keep") { Description = "last or best: which weights remain.", DefaultValueFactory = _ => "last" };
    private readonly Option<string?> _checkpointEvery = new("--checkpoint-every") { Description = "Updates (500) or time (5m) between checkpoints.", DefaultValueFactory = _ => "5m" };
    private readonly Option<int> _keepCheckpoints = new("--keep-checkpoints") { Description = "How many stay.", DefaultValueFactory = _ => 2 };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on from the newest checkpoint; starts where there is none." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace an existing run folder." };
    private readonly Option<bool> _fromScratch = new("--from-scratch") { Description = "Drawn weights instead of the pre-trained ones, for comparison." };
    private readonly Option<int?> _threads = new("--threads") { Description = "Threads; all cores otherwise." };
    private readonly Option<string> _device = new("--device") { Description = "cpu.", DefaultValueFactory = _ => "cpu" };
    private readonly Option<string> _precision = new("--precision") { Description = "fp32.", DefaultValueFactory = _ => "fp32" };

    /// <summary>Adds every flag to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] all =
        [
            _model, _task, .. _tuning.All, _train, _eval, _output, _textColumn, _pairColumn, _labelColumn, _negativeColumn, _maxNewTokens, _numBeams, _examples, _classWeights, _labelSmoothing, _tuneThreshold, _epochs, _steps, _timeBudget, _replay, _batchSize, _accumulation, _learningRate,
            _warmup, _schedule, _weightDecay, _beta1, _beta2, _epsilon, _clipNorm, _dropout, _maxLength, _stride, _truncate, _seed, _seeds, _evalEvery, _earlyStopping, _keep,
            _checkpointEvery, _keepCheckpoints, _resume, _overwrite, _fromScratch, _threads, _device, _precision, OptionSources.ConfigOption(),
        ];
        foreach (Option option in all) command.Options.Add(option);
    }

    /// <summary>The number of seeds asked for.</summary>
    public int Seeds(ParseResult parsed) => parsed.GetValue(_seeds) is > 0 and int seeds ? seeds : throw new InputException("--seeds must be at least 1");

    /// <summary>The run that the flags describe; starts the engine with the threads asked for.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public FineTuningOptions Options(ParseResult parsed)
    {
        if (parsed.GetValue(_device) != "cpu") throw new InputException($"--device {parsed.GetValue(_device)}: this build computes on the cpu");
        if (parsed.GetValue(_precision) != "fp32") throw new InputException($"--precision {parsed.GetValue(_precision)}: fp32 is what this build trains in");
        if (parsed.GetValue(_threads) is int threads) Engine.Start(new EngineOptions { Threads = threads });
        IReadOnlyList<double>? replay = parsed.GetValue(_replay) is string log ? MetricsLog.LearningRates(log) : null;
        (long? every, TimeSpan? time) = Interval(parsed.GetValue(_checkpointEvery));
        return new FineTuningOptions
        {
            Model = parsed.GetValue(_model)!,
            Task = FineTuningTasks.Parse(parsed.GetValue(_task)!) with
            {
                Loss = new LossOptions { LabelSmoothing = parsed.GetValue(_labelSmoothing) },
                Generation = new GenerationOptions { MaxNewTokens = parsed.GetValue(_maxNewTokens), NumBeams = parsed.GetValue(_numBeams) },
            },
            Examples = parsed.GetValue(_examples),
            ClassWeights = parsed.GetValue(_classWeights),
            TuneThreshold = parsed.GetValue(_tuneThreshold),
            Strategy = _tuning.Strategy(parsed),
            Layers = _tuning.Layers(parsed),
            Train = parsed.GetValue(_train)!,
            Evaluation = parsed.GetValue(_eval),
            Output = parsed.GetValue(_output)!,
            Columns = new ColumnOptions { Text = parsed.GetValue(_textColumn), Pair = parsed.GetValue(_pairColumn), Negative = parsed.GetValue(_negativeColumn), Label = parsed.GetValue(_labelColumn) },
            Encoding = new EncodingOptions { MaxLength = parsed.GetValue(_maxLength), Stride = parsed.GetValue(_stride), Truncate = parsed.GetValue(_truncate) },
            Epochs = parsed.GetValue(_epochs),
            LearningRate = parsed.GetValue(_learningRate),
            BatchSize = parsed.GetValue(_batchSize),
            GradientAccumulation = parsed.GetValue(_accumulation),
            Dropout = parsed.GetValue(_dropout),
            FromScratch = parsed.GetValue(_fromScratch),
            Resume = parsed.GetValue(_resume),
            Overwrite = parsed.GetValue(_overwrite),
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
            Training = new TrainingOptions
            {
                Steps = replay?.Count ?? parsed.GetValue(_steps),
                Replay = replay,
                TimeBudget = parsed.GetValue(_timeBudget) is string budget ? Duration("--time-budget", budget) : null,
                Schedule = new Schedule { Kind = Kind(parsed.GetValue(_schedule)!), Warmup = parsed.GetValue(_warmup) },
                Optimizer = new AdamWOptions
                {
                    Beta1 = parsed.GetValue(_beta1), Beta2 = parsed.GetValue(_beta2), Epsilon = parsed.GetValue(_epsilon), WeightDecay = parsed.GetValue(_weightDecay),
                },
                ClipNorm = parsed.GetValue(_clipNorm),
                Seed = parsed.GetValue(_seed),
                EvaluateEvery = parsed.GetValue(_evalEvery),
                EarlyStopping = parsed.GetValue(_earlyStopping),
                Keep = parsed.GetValue(_keep) switch
                {
                    "last" => KeepWeights.Last,
                    "best" => KeepWeights.Best,
                    string other => throw new InputException($"--keep {other}: last or best is expected"),
                    null => KeepWeights.Last,
                },
                CheckpointEverySteps = every,
                CheckpointEvery = time,
                KeepCheckpoints = parsed.GetValue(_keepCheckpoints),
            },
        };
    }

    /// <summary>"20m", "90s", "1.5h".</summary>
    internal static TimeSpan Duration(string flag, string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return unit > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double count) && count > 0
            ? TimeSpan.FromSeconds(count * unit)
            : throw new InputException($"{flag} {text}: a time like 90s, 20m or 2h is expected");
    }

    private static (long? Steps, TimeSpan? Time) Interval(string? text)
    {
        if (text is null) return (null, null);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long steps) ? (steps, null) : (null, Duration("--checkpoint-every", text));
    }

    private static ScheduleKind Kind(string name) =>
        Enum.TryParse(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out ScheduleKind kind) && !char.IsAsciiDigit(name[0])
            ? kind
            : throw new InputException($"--schedule {name}: linear, cosine, constant, one-cycle, polynomial, inverse-sqrt or cosine-restarts is expected");

    private static Option<string> Text(string name, string description, string help, bool required) => new(name) { Description = description, HelpName = help, Required = required };
}
