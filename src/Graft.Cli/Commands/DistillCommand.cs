using System.CommandLine;
using System.Globalization;
using Graft.Evaluation;
using Graft.Objectives;
using Graft.Pretraining;
using Graft.StaticModels;
using Graft.Training;

namespace Graft.Cli.Commands;

/// <summary><c>graft distill</c>: a smaller model that follows a teacher.</summary>
internal static class DistillCommand
{
    public static Command Create()
    {
        Option<string> teacher = ModelFlag.Create("The teacher.", "--teacher");
        Option<string?> studentConfig = new("--student-config")
        {
            Description = "config.json of the student, or the name of a shipped one.",
        };
        Option<string?> studentLayers = new("--student-layers") { Description = "Teacher layers the student starts from: 0,2,4,7,9,11." };
        Option<bool> wordVectors = new("--teacher-word-vectors")
        {
            Description = "The new student's word vectors start from the teacher's, whatever the vocabulary and the width.",
        };
        Option<string?> initFrom = new("--init-from") { Description = "Model folder the student goes on from." };
        Option<string?> tokenizer = new("--tokenizer")
        {
            Description =
                "The student's tokenizer; --init-from's or the teacher's where it is not given. With another one, hidden states are "
                    + "distilled.",
        };
        Option<string[]> corpus = CommonFlags.Corpus();
        corpus.Required = false; // --static needs none
        Option<string> output = new("--output") { Description = "Run folder.", Required = true };
        Option<double> temperature = new("--temperature") { Description = "Softens both distributions.", DefaultValueFactory = _ => 2 };
        Option<double> hiddenWeight = new("--hidden-weight")
        {
            Description =
                "Without the triple loss: weight of the hidden states that one half of the sequences follows, beside the masked LM of "
                    + "the other half.",
            DefaultValueFactory = _ => 1,
        };
        Option<bool> statesOnly = new("--states-only")
        {
            Description = "Follow hidden states and nothing else: no token is masked, the student keeps its pooler.",
        };
        Option<bool> pairs = new("--pairs")
        {
            Description =
                "Sequences are pairs of segments, half of the second ones from another document: for a student of tasks on pairs.",
        };
        Option<double> maskShare = new("--mask-share")
        {
            Description = "Share of tokens that are masked, where masked LM is learnt (not with --states-only).",
            DefaultValueFactory = _ => 0.15,
        };
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
                    MaxLength = parsed.GetValue(training.MaxLength) ?? 128,
                    BatchSize = parsed.GetValue(training.BatchSize) ?? 32,
                    GradientAccumulation = parsed.GetValue(training.GradientAccumulation) ?? 1,
                    Training = processes.Join(
                        parsed,
                        training.Read(
                            parsed,
                            new TrainingOptions
                            {
                                LearningRate = 5e-4,
                                Schedule = new Schedule { Warmup = 0.05 },
                                EvaluateEvery = 500,
                                CheckpointEvery = TimeSpan.FromMinutes(5),
                            }
                        )
                    ),
                };
                options.Validate();
                PretrainingJob job = new(
                    options,
                    parsed.GetValue(studentConfig),
                    parsed.GetValue(initFrom),
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
                    Dropout = parsed.GetValue(training.Dropout) ?? 0.1,
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
