using System.CommandLine;
using System.Globalization;
using Graft.Demonstrations.Transfer;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary><c>graft transfer-report</c>: a task's score by number of labels, from scratch, with fixed vectors, and fine-tuned.</summary>
internal static class TransferReportCommand
{
    private static readonly Option<string> s_model = CommonFlags.Model.Required<string>(
        "a pre-trained one, as a folder in Hugging Face's layout or a model of the hub");
    private static readonly Option<string> s_task = CommonFlags.Task(
        ["text-classification", "text-pair-classification", "token-classification"]);
    private static readonly Option<string> s_train = CommonFlags.Train.Required<string>("fewer labels are its first examples");
    private static readonly Option<string> s_test = new("--test")
    {
        Description = "What every method is judged on.",
        HelpName = "FILE",
        Required = true,
    };
    private static readonly Option<string?> s_eval = CommonFlags.Evaluation.Optional<string?>(
        "learning rates and penalties are chosen on it; on a share of the labels otherwise");
    private static readonly Option<string> s_output = CommonFlags.Output.Required<string>(
        "the report's folder; the same command continues there", "DIR");
    private static readonly Option<string> s_labels = new("--labels")
    {
        Description = "The numbers of labels to measure with, as 50,100,500,all; 10/label is ten of each label.",
        DefaultValueFactory = _ => "50,100,500,all",
        HelpName = "LIST",
    };
    private static readonly Option<string> s_methods = new("--methods")
    {
        Description = $"The methods to compare, some of {string.Join(", ", TransferMethod.All.Select(method => method.Key))}.",
        DefaultValueFactory = _ => string.Join(",", TransferMethod.All.Select(method => method.Key)),
        HelpName = "LIST",
    };
    private static readonly Option<int> s_seeds = CommonFlags.Seeds.WithDefault(5, "of each trained method");
    private static readonly Option<ulong> s_seed = CommonFlags.Seed.WithDefault(42UL);
    private static readonly Option<string?> s_rates = CommonFlags.LearningRates.Optional<string?>(
        "for fine-tuning; three that suit the model's size otherwise");
    private static readonly Option<string?> s_scratchRates = new("--scratch-rates")
    {
        Description = "The learning rates to try from scratch; three higher ones otherwise.",
        HelpName = "RATES",
    };
    private static readonly Option<double?> s_epochs = CommonFlags.Epochs.Optional<double?>("more the fewer labels there are otherwise");
    private static readonly Option<int> s_maxLength = CommonFlags.MaxLength.WithDefault(128);
    private static readonly Option<string?> s_timeBudget = CommonFlags.TimeBudget.Optional<string?>(
        "what is finished then is reported; no limit otherwise");
    private static readonly ReadingFlags s_reading = new();
    private static readonly Option<string> s_precision = CommonFlags.Precision.WithDefault(
        "fp32", "that of products: fp32, or bf16 where bfloat16 is faster (AMX, or avx512_bf16 of AMD)");
    private static readonly Option<int?> s_threads = CommonFlags.Threads();
    private static readonly Option<bool> s_json = CommonFlags.Json("transfer.json");

    public static Command Create()
    {
        Command command = new(
            "transfer-report",
            "Measure what pre-training is worth: the score by number of labels, from scratch, with fixed vectors, and fine-tuned."
        )
        {
            s_model,
            s_task,
            s_train,
            s_test,
            s_eval,
            s_output,
            s_labels,
            s_methods,
            s_seeds,
            s_seed,
            s_rates,
            s_scratchRates,
            s_epochs,
            s_maxLength,
            s_timeBudget,
            s_precision,
            s_threads,
            s_json,
            OptionSources.ConfigOption(),
        };
        s_reading.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Run(parsed, cancellationToken)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        TransferResult result = TransferReport.Run(Options(parsed, cancellationToken), Terminal.Logger, cancellationToken);
        if (result.Rows.Count == 0)
            throw new RunFailedException("the time was up before the first measurement was finished; the same command goes on");
        Terminal.Out(File.ReadAllText(Path.Combine(result.Folder, parsed.GetValue(s_json) ? "transfer.json" : "transfer.md")).TrimEnd());
        if (!result.IsComplete) Terminal.Log("not complete: the time was up; the same command goes on");
        Terminal.Log($"Report: {Path.Combine(result.Folder, "report.html")}");
        return ExitCodes.Ok;
    }

    private static TransferOptions Options(ParseResult parsed, CancellationToken cancellationToken) =>
        new()
        {
            Model = ModelFlag.Locate(parsed, s_model, cancellationToken),
            Task = FineTuningTasks.Parse(parsed.GetValue(s_task)!),
            Train = parsed.GetValue(s_train)!,
            Test = parsed.GetValue(s_test)!,
            Evaluation = parsed.GetValue(s_eval),
            Output = parsed.GetValue(s_output)!,
            Labels = LabelBudget.ParseList(parsed.GetValue(s_labels)!),
            Methods = TransferMethod.ParseList(parsed.GetValue(s_methods)!),
            Seeds = parsed.GetValue(s_seeds),
            Seed = parsed.GetValue(s_seed),
            LearningRates = parsed.GetValue(s_rates) is string rates ? SweepCommand.Rates(s_rates, rates) : null,
            ScratchRates = parsed.GetValue(s_scratchRates) is string scratch ? SweepCommand.Rates(s_scratchRates, scratch) : null,
            Epochs = parsed.GetValue(s_epochs),
            Compute = new ComputeContext
            {
                Precision = Precisions.Parse(parsed.GetValue(s_precision)!),
                Threads = parsed.GetValue(s_threads),
            },
            Encoding = new EncodingOptions { MaxLength = parsed.GetValue(s_maxLength) },
            TimeBudget = parsed.GetValue(s_timeBudget) is string budget ? TrainingFlags.Duration(s_timeBudget, budget) : null,
            Columns = s_reading.Options(parsed),
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
        };
}
