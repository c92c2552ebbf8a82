using System.CommandLine;
using System.Globalization;
using Graft.Data;
using Graft.Demonstrations.Transfer;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary><c>graft transfer-report</c>: a task's score by number of labels, from scratch, with fixed vectors, and fine-tuned.</summary>
internal static class TransferReportCommand
{
    private static readonly Option<string> s_model = ModelFlag.Create(
        "The pre-trained model: a folder in Hugging Face's layout, or a model of the hub."
    );
    private static readonly Option<string> s_task = Required(
        "--task",
        "text-classification, text-pair-classification or token-classification.",
        "TASK"
    );
    private static readonly Option<string> s_train = Required("--train", "Training data; fewer labels are its first examples.", "FILE");
    private static readonly Option<string> s_test = Required("--test", "What every method is judged on.", "FILE");
    private static readonly Option<string?> s_eval = new("--eval")
    {
        Description = "Development data for learning rates and penalties; a share of the labels is held out otherwise.",
        HelpName = "FILE",
    };
    private static readonly Option<string> s_output = Required("--output", "The report's folder; the same command goes on there.", "DIR");
    private static readonly Option<string> s_labels = new("--labels")
    {
        Description = "Numbers of labels: 50,100,500,all; 10/label is ten of each label.",
        DefaultValueFactory = _ => "50,100,500,all",
        HelpName = "LIST",
    };
    private static readonly Option<string> s_methods = new("--methods")
    {
        Description = $"Some of {string.Join(",", TransferMethod.All.Select(method => method.Key))}.",
        DefaultValueFactory = _ => string.Join(",", TransferMethod.All.Select(method => method.Key)),
        HelpName = "LIST",
    };
    private static readonly Option<int> s_seeds = new("--seeds")
    {
        Description = "Runs of each trained method.",
        DefaultValueFactory = _ => 5,
    };
    private static readonly Option<ulong> s_seed = new("--seed") { Description = "The first seed.", DefaultValueFactory = _ => 42 };
    private static readonly Option<string?> s_rates = new("--learning-rates")
    {
        Description = "Tried for fine-tuning; auto: three that suit the model's size.",
        HelpName = "RATES",
    };
    private static readonly Option<string?> s_scratchRates = new("--scratch-rates")
    {
        Description = "Tried from scratch; auto: three higher ones.",
        HelpName = "RATES",
    };
    private static readonly Option<double?> s_epochs = new("--epochs")
    {
        Description = "Passes over the labels; auto: more the fewer there are.",
    };
    private static readonly Option<int> s_maxLength = new("--max-length")
    {
        Description = "The most tokens of a window.",
        DefaultValueFactory = _ => 128,
    };
    private static readonly Option<string?> s_timeBudget = new("--time-budget")
    {
        Description = "Stops after 90s, 20m, 2h with what is finished.",
        HelpName = "TIME",
    };
    private static readonly Option<string?> s_textColumn = new("--text-column")
    {
        Description = "The text column (or the words' column); found by name and content otherwise.",
    };
    private static readonly Option<string?> s_pairColumn = new("--pair-column") { Description = "The second text's column." };
    private static readonly Option<string?> s_labelColumn = new("--label-column") { Description = "The label column." };
    private static readonly Option<string> s_precision = new("--precision")
    {
        Description = "fp32, or bf16 where bfloat16 is faster (AMX, or avx512_bf16 of AMD).",
        DefaultValueFactory = _ => "fp32",
    };
    private static readonly Option<int?> s_threads = CommonFlags.Threads();
    private static readonly Option<bool> s_json = CommonFlags.Json("Print transfer.json.");

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
            s_textColumn,
            s_pairColumn,
            s_labelColumn,
            s_precision,
            s_threads,
            s_json,
            OptionSources.ConfigOption(),
        };
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
            LearningRates = parsed.GetValue(s_rates) is string rates ? SweepCommand.Rates("--learning-rates", rates) : null,
            ScratchRates = parsed.GetValue(s_scratchRates) is string scratch ? SweepCommand.Rates("--scratch-rates", scratch) : null,
            Epochs = parsed.GetValue(s_epochs),
            Compute = new ComputeContext
            {
                Precision = Precisions.Parse(parsed.GetValue(s_precision)!),
                Threads = parsed.GetValue(s_threads),
            },
            Encoding = new EncodingOptions { MaxLength = parsed.GetValue(s_maxLength) },
            TimeBudget = parsed.GetValue(s_timeBudget) is string budget ? TrainingFlags.Duration("--time-budget", budget) : null,
            Columns = new ColumnOptions
            {
                Text = parsed.GetValue(s_textColumn),
                Pair = parsed.GetValue(s_pairColumn),
                Label = parsed.GetValue(s_labelColumn),
            },
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
        };

    private static Option<string> Required(string name, string description, string help) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            Required = true,
        };
}
