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
        Option<string> task = new("--task")
        {
            Description =
                "What is learned: text-classification, text-pair-classification, multi-label-classification, regression or "
                    + "token-classification.",
            HelpName = "TASK",
            Required = true,
        };
        Option<string> train = new("--train")
        {
            Description = "Labelled examples.",
            HelpName = "FILE",
            Required = true,
        };
        Option<string?> eval = new("--eval")
        {
            Description = "Held-out examples that ways are compared on; folds of the labels otherwise.",
            HelpName = "FILE",
        };
        Option<string> models = new("--models")
        {
            Description = "Pre-trained models to compare, separated by commas: folders, or models of the hub.",
            HelpName = "A,B",
            DefaultValueFactory = _ => OwnModel,
        };
        Option<string> time = new("--time")
        {
            Description = "The wall-clock time of everything, the last fit included: 90s, 10m, 1h.",
            HelpName = "TIME",
            DefaultValueFactory = _ => "10m",
        };
        Option<double?> abstain = AbstainFlag.Create();
        Option<string> output = new("--output")
        {
            Description = "The run folder.",
            HelpName = "RUN",
            Required = true,
        };
        Option<int> maxLength = new("--max-length")
        {
            Description = "The most tokens of a text or window.",
            DefaultValueFactory = _ => 128,
        };
        Option<bool> truncate = new("--truncate") { Description = "Cut long texts instead of reading them in windows." };
        Option<ulong> seed = new("--seed") { Description = "The seed of folds and of everything random.", DefaultValueFactory = _ => 42UL };
        Option<bool> resume = new("--resume") { Description = "Go on with an interrupted choice, or start where there is none." };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace an existing run folder." };
        Option<int?> threads = new("--threads") { Description = "Threads of the matrix library; all cores otherwise." };
        Option<bool> json = new("--json") { Description = "Print winner, candidates, estimate and verdict as one JSON document." };
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
                    Time = TrainingFlags.Duration("--time", parsed.GetValue(time)!),
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
