using System.CommandLine;
using System.Globalization;
using Graft.Evaluation;
using Graft.Objectives;
using Graft.Pretraining;
using Graft.StaticModels;

namespace Graft.Cli.Commands;

/// <summary><c>graft distill</c>: a smaller model that follows a teacher.</summary>
internal static class DistillCommand
{
    public static Command Create()
    {
        Option<string> teacher = new("--teacher")
        {
            Description = "The model that the student follows.",
            HelpName = "DIR|ID",
            Required = true,
        };
        Option<string?> studentConfig = new("--student-config")
        {
            Description = "The config.json of a new student, or the name of a shipped one; --init-from or --student-layers otherwise.",
        };
        Option<string?> studentLayers = new("--student-layers")
        {
            Description = "The layers of the teacher that the student starts from, as 0,2,4,7,9,11; none otherwise.",
        };
        Option<bool> wordVectors = new("--teacher-word-vectors")
        {
            Description = "Start the new student's token embeddings from the teacher's, whatever the vocabulary and the width.",
        };
        Option<string?> initFrom = CommonFlags.InitFrom.Optional<string?>("it becomes the student; a new one is made otherwise");
        Option<string?> tokenizer = CommonFlags.Tokenizer.Optional<string?>(
            "the student's; that of --init-from or of the teacher otherwise. With another one, hidden states are distilled");
        Option<string[]> corpus = CommonFlags.Corpus(isRequired: false);
        Option<string> output = CommonFlags.Output.Required<string>("the run folder", "RUN");
        Option<double> temperature = CommonFlags.Temperature.WithDefault(2.0, "those of the teacher and of the student");
        Option<double> hiddenWeight = new("--hidden-weight")
        {
            Description =
                "The weight of the hidden states that one half of the sequences follows, beside the masked language modelling of the "
                    + "other half; without the triple loss.",
            DefaultValueFactory = _ => 1,
        };
        Option<bool> statesOnly = new("--states-only")
        {
            Description = "Follow hidden states and nothing else: no token is masked, and the student keeps its pooler.",
        };
        Option<bool> pairs = CommonFlags.Pairs.Optional<bool>(
            "a sequence is two segments, half of the second ones from another document: for a student of tasks on pairs");
        Option<double> maskShare = CommonFlags.MaskShare.WithDefault(
            0.15, "where masked language modelling is learnt (not with --states-only)");
        Option<double> heldOut = CommonFlags.HeldOut();
        TrainingFlags training = new();
        StaticFlags statics = new();
        StudentFlags students = new();
        ProcessFlags processes = new();
        Command command = new("distill", "Train a smaller model to follow a teacher.")
        {
            teacher,
            studentConfig,
            studentLayers,
            wordVectors,
            initFrom,
            tokenizer,
            corpus,
            output,
            temperature,
            hiddenWeight,
            statesOnly,
            pairs,
            maskShare,
            heldOut,
        };
        statics.AddTo(command);
        students.AddTo(command);
        training.AddTo(command);
        processes.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                if (students.IsAsked(parsed))
                    return System.Threading.Tasks.Task.FromResult(
                        students.Run(parsed, training, statics, ModelFlag.Locate(parsed, teacher, cancellationToken), cancellationToken)
                    );
                if (statics.IsAsked(parsed))
                {
                    StaticDistillationOptions asked = statics.Options(
                        parsed,
                        training,
                        ModelFlag.Locate(parsed, teacher, cancellationToken),
                        parsed.GetRequiredValue(output)
                    );
                    foreach (NamedScore score in StaticDistillation.Run(asked, Terminal.Logger, cancellationToken))
                        Terminal.Out(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{score.Name} {score.Interval.Value:0.0000} ({score.Interval.Low:0.0000} - {score.Interval.High:0.0000})"
                            )
                        );
                    return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
                }

                if (parsed.GetValue(corpus) is null or [])
                    throw new InputException(
                        "--corpus is missing: text for the student to learn from (or --student for the answers of a run, --static for a "
                            + "static model)"
                    );
                PretrainingOptions options = new()
                {
                    Masking = new MaskedLmOptions { Share = parsed.GetValue(maskShare) },
                    MaxLength = parsed.GetValue(training.MaxLength),
                    BatchSize = parsed.GetValue(training.BatchSize),
                    GradientAccumulation = parsed.GetValue(training.GradientAccumulation) ?? 1,
                    Training = processes.Join(parsed, training.Read(parsed, PretrainingOptions.UsualTraining(followsTeacher: true))),
                };
                options.Validate();
                PretrainingJob job = new(
                    options,
                    parsed.GetValue(studentConfig),
                    parsed.GetValue(initFrom) is string start ? ModelFlag.Locate(start, cancellationToken) : null,
                    parsed.GetValue(tokenizer),
                    parsed.GetRequiredValue(corpus),
                    parsed.GetRequiredValue(output)
                )
                {
                    Teacher = new TeacherOptions(ModelFlag.Locate(parsed, teacher))
                    {
                        StudentLayers = parsed.GetValue(studentLayers) is string layers ? Layers(layers) : null,
                        WordVectors = parsed.GetValue(wordVectors),
                        Loss = new DistillationOptions { Temperature = parsed.GetValue(temperature) },
                        HiddenWeight = parsed.GetValue(hiddenWeight),
                        StatesOnly = parsed.GetValue(statesOnly),
                        Pairs = parsed.GetValue(pairs),
                    },
                    HeldOutShare = parsed.GetValue(heldOut),
                    Dropout = parsed.GetValue(training.Dropout),
                    Resume = parsed.GetValue(training.Resume),
                    Overwrite = parsed.GetValue(training.Overwrite),
                    CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
                };
                foreach (TermResult term in job.Run(Terminal.Logger, cancellationToken))
                    Terminal.Out(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{term.Name}: held-out loss "
                                + $"{term.Loss:F4}{(double.IsNaN(term.Accuracy) ? "" : $", accuracy {100 * term.Accuracy:F2} %")} over "
                                + $"{term.Items:N0}"
                        )
                    );
                return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static IReadOnlyList<int> Layers(string text)
    {
        string[] parts = text.Split(',');
        int[] layers = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out layers[i]))
                throw new InputException($"--student-layers {text}: numbers such as 0,2,4,7,9,11 are expected");
        }

        return layers;
    }
}
