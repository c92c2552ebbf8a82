using System.CommandLine;
using System.CommandLine.Parsing;
using Graft.Cli.Commands;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;

namespace Graft.Cli;

/// <summary>The flags of <c>graft distill --student</c>: a pre-trained model learns the answers of a run on texts without labels.</summary>
internal sealed class StudentFlags
{
    private static readonly string[] s_ofCorpora =
    [
        "--student-config",
        "--student-layers",
        "--teacher-word-vectors",
        "--init-from",
        "--tokenizer",
        "--corpus",
        "--temperature",
        "--hidden-weight",
        "--states-only",
        "--pairs",
        "--mask-share",
        "--held-out",
        "--static",
        "--dimensions",
    ];

    private readonly Option<string?> _student = new("--student")
    {
        Description =
            "A pre-trained model that learns the answers of the teacher, a fine-tuned run, on the texts of --unlabelled, without "
                + "--corpus; none otherwise.",
        HelpName = "MODEL",
    };

    private readonly Option<string?> _eval = CommonFlags.Evaluation.Optional<string?>(
        "with --student, which is judged on it; none otherwise");

    private readonly ReadingFlags _reading = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_student);
        command.Options.Add(_eval);
        _reading.AddTo(command);
    }

    /// <summary>Whether a student of a run is asked for; flags of the other kinds are refused.</summary>
    /// <exception cref="InputException">A flag is given that has no meaning here.</exception>
    public bool IsAsked(ParseResult parsed)
    {
        bool isAsked = parsed.GetValue(_student) is not null;
        string[] given =
        [
            .. parsed
                .CommandResult.Children.OfType<OptionResult>()
                .Where(option => !option.Implicit)
                .Select(option => option.Option.Name),
        ];
        if (isAsked && Array.Find(given, name => s_ofCorpora.Contains(name, StringComparer.Ordinal)) is string other)
            throw new InputException($"{other} has no meaning with --student");
        string[] own = [_eval.Name, .. _reading.All.Select(option => option.Name)];
        if (!isAsked && Array.Find(given, name => own.Contains(name, StringComparer.Ordinal)) is string alone)
            throw new InputException($"{alone} is for --student");
        return isAsked;
    }

    /// <summary>Trains the student.</summary>
    /// <exception cref="InputException">A flag is missing or cannot be used.</exception>
    public int Run(ParseResult parsed, TrainingFlags training, StaticFlags statics, string teacher, CancellationToken cancellationToken)
    {
        TrainingOptions asked = training.Read(parsed, new TrainingOptions { CheckpointEvery = TimeSpan.FromMinutes(5) });
        FineTuningOptions options = new()
        {
            Model = ModelFlag.Locate(parsed.GetValue(_student)!, cancellationToken),
            Task = new TextClassification(),
            Train =
                statics.Unlabelled(parsed)
                ?? throw new InputException("--unlabelled is missing: texts on which the student follows the teacher"),
            Evaluation = parsed.GetValue(_eval),
            Output = parsed.GetRequiredValue<string>("--output"),
            Columns = _reading.Options(parsed),
            Encoding = new EncodingOptions { MaxLength = parsed.GetValue(training.MaxLength) ?? 128 },
            Epochs = parsed.GetValue(training.Epochs),
            LearningRate = parsed.GetValue(training.LearningRate),
            BatchSize = parsed.GetValue(training.BatchSize),
            GradientAccumulation = parsed.GetValue(training.GradientAccumulation) ?? 1,
            Dropout = parsed.GetValue(training.Dropout),
            Resume = parsed.GetValue(training.Resume),
            Overwrite = parsed.GetValue(training.Overwrite),
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
            Training = asked with { Epochs = null },
        };
        FineTuningResult result = RunDistillation.Run(teacher, options, [new ProgressLine()], Terminal.Logger, cancellationToken);
        Terminal.Log($"{result.Folder}: {FinetuneCommand.Scores(result.Scores)}");
        return ExitCodes.Ok;
    }
}
