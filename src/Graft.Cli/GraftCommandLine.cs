using System.CommandLine;
using Graft.Cli.Commands;
using Graft.Distributed;

namespace Graft.Cli;

/// <summary>
/// The whole of <c>graft</c>: the registry of commands, and the one place where failures become exit codes:
/// 0 ok, 1 failed check or run, 2 usage or bad input, 75 a rank did not come, 130 after Ctrl-C, 143 after SIGTERM or SIGUSR1.
/// </summary>
internal static class GraftCommandLine
{
    /// <summary>One line a command, under what it is for; each file in Commands/ parses its flags, calls the library and renders.</summary>
    private static readonly (string Title, (string Name, Func<Command> Create)[] Commands)[] s_groups =
    [
        ("Start",
        [
            ("quickstart", QuickstartCommand.Create),
            ("doctor", DoctorCommand.Create),
            ("pull", PullCommand.Create),
            ("models", ModelsCommand.Create),
            ("completion", CompletionCommand.Create),
            ("version", VersionCommand.Create),
        ]),
        ("Fine-tune",
        [
            ("auto", AutoCommand.Create),
            ("finetune", FinetuneCommand.Create),
            ("sweep", SweepCommand.Create),
            ("learning-curve", LearningCurveCommand.Create),
            ("label", LabelCommand.Create),
        ]),
        ("Use",
        [
            ("predict", PredictCommand.Create),
            ("embed", EmbedCommand.Create),
            ("similarity", SimilarityCommand.Create),
            ("generate", GenerateCommand.Create),
            ("fill-mask", FillMaskCommand.Create),
            ("export", ExportCommand.Create),
            ("serve", ServeCommand.Create),
            ("merge-parts", MergePartsCommand.Create),
        ]),
        ("Pre-train",
        [
            ("corpus", CorpusCommand.Create),
            ("pretrain", PretrainCommand.Create),
            ("distill", DistillCommand.Create),
            ("tokenizer", Commands.Tokenizers.TokenizerCommand.Create),
        ]),
        ("Inspect",
        [
            ("data", DataCommand.Create),
            ("model", ModelCommand.Create),
            ("inspect-attention", InspectAttentionCommand.Create),
        ]),
        ("Measure",
        [
            ("evaluate", EvaluateCommand.Create),
            ("compare", CompareCommand.Create),
            ("transfer-report", TransferReportCommand.Create),
            ("parity", ParityCommand.Create),
            ("bench", BenchCommand.Create),
        ]),
    ];

    /// <summary>Every command with its flags.</summary>
    public static RootCommand CreateRoot() => CreateRoot(_ => true);

    /// <summary>The commands that these arguments need: one where the first names it, which starts faster than all; else all.</summary>
    private static RootCommand CreateRootFor(string[] args)
    {
        string? first = args.FirstOrDefault();
        bool named = s_groups.Any(group => group.Commands.Any(command => command.Name == first));
        return CreateRoot(name => !named || name == first);
    }

    private static RootCommand CreateRoot(Func<string, bool> isWanted)
    {
        RootCommand root = new("Graft: transfer learning with pre-trained Transformers. Data goes to stdout, logs and progress to stderr.");
        List<(string Title, Command[] Commands)> groups = [];
        foreach ((string title, (string Name, Func<Command> Create)[] entries) in s_groups)
        {
            Command[] commands = [.. entries.Where(entry => isWanted(entry.Name)).Select(entry => entry.Create())];
            groups.Add((title, commands));
            foreach (Command command in commands) root.Subcommands.Add(command);
        }

        new HelpText(groups).ReplaceIn(root);
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["help", .. string[] of]) args = [.. of, "--help"]; // as other programs have it
        RootCommand root = CreateRootFor(args);
        using Interruption interruption = new();
        try
        {
            ParseResult parsed = OptionSources.Complete(root, args);
            if (parsed.Errors.Count > 0)
            {
                Terminal.Error(UsageErrors.Describe(parsed));
                return ExitCodes.BadInput;
            }

            using StringWriter help = new();
            int exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = help },
                interruption.Token);

            // The parser names the program after its assembly; users call the executable `graft`.
            if (help.GetStringBuilder().Length > 0)
                Console.Out.Write(help.ToString().Replace(root.Name, "graft", StringComparison.Ordinal));
            ProcessGroups.Joined?.Dispose();
            return exitCode;
        }
        catch (Exception failure)
        {
            return ProcessGroups.Joined is { } processes ? ReportOfRank(failure, interruption, processes) : Report(failure, interruption);
        }
    }

    /// <summary>
    /// An interrupted run has ended on all ranks, with its checkpoint; any other failure of one rank ends all at once, or they would wait
    /// for it.
    /// </summary>
    private static int ReportOfRank(Exception failure, Interruption interruption, IProcessGroup processes)
    {
        if (failure is OperationCanceledException)
        {
            processes.Dispose();
            return interruption.ExitCode;
        }

        if (processes.Rank > 0)
        {
            Thread.Sleep(TimeSpan.FromSeconds(2)); // what all ranks find, rank 0 says, and ends them
            Console.Error.Write($"rank {processes.Rank}: ");
        }

        int exitCode = Report(failure, interruption);
        processes.Abort(exitCode);
        return exitCode;
    }

    private static int Report(Exception failure, Interruption interruption)
    {
        Exception cause = failure;
        while (
            cause is AggregateException or TypeInitializationException or System.Reflection.TargetInvocationException
            && cause.InnerException is { } inner
        )
            cause = inner;
        if (Environment.GetEnvironmentVariable("GRAFT_TRACE") == "1")
            Console.Error.WriteLine(failure);
        switch (cause)
        {
            case OperationCanceledException:
                return interruption.ExitCode;
            case InputException { Key: string key } wrong:
                Terminal.Error($"--{key} {wrong.Value}: must be {wrong.Allowed}");
                return ExitCodes.BadInput;
            case InputException or FileNotFoundException or DirectoryNotFoundException:
                Terminal.Error(Terminal.WithFlags(cause.Message));
                return ExitCodes.BadInput;
            case RankMissingException:
                Terminal.Error(Terminal.WithFlags(cause.Message));
                return ExitCodes.RankMissing;
            case RunFailedException or IOException or UnauthorizedAccessException:
                Terminal.Error(Terminal.WithFlags(cause.Message));
                return ExitCodes.Failed;
            default:
                Terminal.Error(
                    $"internal error: {cause.GetType().Name}: {cause.Message.ReplaceLineEndings(" ")} (GRAFT_TRACE=1 prints where; "
                        + $"please report it)"
                );
                return ExitCodes.Failed;
        }
    }
}
