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
    private static readonly (string Title, Func<Command>[] Commands)[] s_groups =
    [
        ("Start",
        [
            QuickstartCommand.Create,
            DoctorCommand.Create,
            PullCommand.Create,
            ModelsCommand.Create,
            CompletionCommand.Create,
            VersionCommand.Create,
        ]),
        ("Fine-tune",
        [
            AutoCommand.Create,
            FinetuneCommand.Create,
            SweepCommand.Create,
            LearningCurveCommand.Create,
            LabelCommand.Create,
        ]),
        ("Use",
        [
            PredictCommand.Create,
            EmbedCommand.Create,
            SimilarityCommand.Create,
            GenerateCommand.Create,
            FillMaskCommand.Create,
            ExportCommand.Create,
            ServeCommand.Create,
            MergePartsCommand.Create,
        ]),
        ("Pre-train",
        [
            CorpusCommand.Create,
            PretrainCommand.Create,
            DistillCommand.Create,
            Commands.Tokenizers.TokenizerCommand.Create,
        ]),
        ("Inspect",
        [
            DataCommand.Create,
            ModelCommand.Create,
            InspectAttentionCommand.Create,
        ]),
        ("Measure",
        [
            EvaluateCommand.Create,
            CompareCommand.Create,
            TransferReportCommand.Create,
            ParityCommand.Create,
            BenchCommand.Create,
        ]),
    ];

    /// <summary>Every command with its flags.</summary>
    public static RootCommand CreateRoot()
    {
        RootCommand root = new("Graft: transfer learning with pre-trained Transformers. Data goes to stdout, logs and progress to stderr.");
        (string Title, Command[] Commands)[] groups =
        [
            .. s_groups.Select(group => (group.Title, group.Commands.Select(create => create()).ToArray())),
        ];
        foreach (Command command in groups.SelectMany(group => group.Commands))
            root.Subcommands.Add(command);
        new HelpText(groups).ReplaceIn(root);
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = CreateRoot();
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
