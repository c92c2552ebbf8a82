using System.CommandLine;
using Graft.Auto;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary><c>graft auto</c>: the best model that these labels give in the time allowed, and what to expect of it.</summary>
internal static class AutoCommand
{
    private const string OwnModel = "graft-small";

    public static Command Create()
    {
        Option<string> task = CommonFlags.Task(
            ["text-classification", "text-pair-classification", "multi-label-classification", "regression", "token-classification"]);
        Option<string> train = CommonFlags.Train.Required<string>();
        Option<string?> eval = CommonFlags.Evaluation.Optional<string?>(
            "ways of learning are compared on it; on folds of the training data otherwise");
        Option<string> models = new("--models")
        {
            Description = "The pre-trained models to compare, separated by commas: folders, or models of the hub.",
            HelpName = "A,B",
            DefaultValueFactory = _ => OwnModel,
        };
        Option<string> time = new("--time")
        {
            Description = "How long everything may take, the last fit included, as 90s, 10m or 1h.",
            HelpName = "TIME",
            DefaultValueFactory = _ => "10m",
        };
        Option<double?> abstain = AbstainFlag.Create();
        Option<string> output = CommonFlags.Output.Required<string>("the run folder", "RUN");
        Option<int> maxLength = CommonFlags.MaxLength.WithDefault(128);
        Option<bool> truncate = CommonFlags.Truncate.Optional<bool>();
        Option<ulong> seed = CommonFlags.Seed.WithDefault(42UL);
        Option<bool> resume = CommonFlags.Resume.Optional<bool>();
        Option<bool> overwrite = CommonFlags.Overwrite.Optional<bool>();
        Option<int?> threads = CommonFlags.Threads();
        Option<bool> json = CommonFlags.Json("winner, candidates, estimate and verdict as one document");
        ReadingFlags reading = new();
        Command command = new("auto", "Compare ways of learning on your labels and keep the best, with the score to expect.")
        {
            task,
            train,
            eval,
            models,
            time,
            abstain,
            output,
            maxLength,
            truncate,
            seed,
            resume,
            overwrite,
            threads,
            json,
            OptionSources.ConfigOption(),
        };
        reading.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                AutoOptions options = new()
                {
                    Task = FineTuningTasks.Parse(parsed.GetValue(task)!),
                    Train = parsed.GetValue(train)!,
                    Evaluation = parsed.GetValue(eval),
                    Models =
                    [
                        .. parsed
                            .GetValue(models)!
                            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                            .Select(model => ModelFlag.Locate(model, cancellationToken)),
                    ],
                    Time = TrainingFlags.Duration(time, parsed.GetValue(time)!),
                    Started = new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime),
                    Abstain = parsed.GetValue(abstain),
                    Output = parsed.GetValue(output)!,
                    Columns = reading.Options(parsed),
                    Encoding = new EncodingOptions { MaxLength = parsed.GetValue(maxLength), Truncate = parsed.GetValue(truncate) },
                    Seed = parsed.GetValue(seed),
                    Resume = parsed.GetValue(resume),
                    Overwrite = parsed.GetValue(overwrite),
                    Compute = parsed.GetValue(threads) is int count ? ComputeContext.Default with { Threads = count } : null,
                    CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
                };
                return Task.FromResult(Run(options, parsed.GetValue(json), cancellationToken));
            }
        );
        return command;
    }

    private static int Run(AutoOptions options, bool json, CancellationToken cancellationToken)
    {
        AutoResult result = AutoTuning.Run(options, Terminal.Logger, cancellationToken);
        if (json)
        {
            Terminal.Json(result.Choice.ToJson());
            return ExitCodes.Ok;
        }

        Terminal.Log($"run folder: {result.Folder}; what was compared: {Path.Combine(result.Folder, "auto.html")}");
        Terminal.Out($"VERDICT: {result.Choice.Verdict}");
        return ExitCodes.Ok;
    }
}
