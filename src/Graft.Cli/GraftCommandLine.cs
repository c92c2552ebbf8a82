using System.CommandLine;
using Graft.Cli.Commands;

namespace Graft.Cli;

/// <summary>
/// The whole of <c>graft</c>: the registry of commands, and the one place where failures become exit codes:
/// 0 ok, 1 failed check or run, 2 usage or bad input, 130 after Ctrl-C, 143 after SIGTERM.
/// </summary>
internal static class GraftCommandLine
{
    /// <summary>One line a command; each file in Commands/ parses its flags, calls the library and renders.</summary>
    private static readonly Func<Command>[] s_commands =
    [
        BenchCommand.Create,
        CompareCommand.Create,
        SweepCommand.Create,
        CorpusCommand.Create,
        DataCommand.Create,
        DoctorCommand.Create,
        EmbedCommand.Create,
        EvaluateCommand.Create,
        FillMaskCommand.Create,
        FinetuneCommand.Create,
        GenerateCommand.Create,
        InspectAttentionCommand.Create,
        LearningCurveCommand.Create,
        MergePartsCommand.Create,
        ModelCommand.Create,
        ModelsCommand.Create,
        ParityCommand.Create,
        PredictCommand.Create,
        ExportCommand.Create,
        PretrainCommand.Create,
        DistillCommand.Create,
        PullCommand.Create,
        QuickstartCommand.Create,
        SimilarityCommand.Create,
        ServeCommand.Create,
        Commands.Tokenizers.TokenizerCommand.Create,
        TransferReportCommand.Create,
        VersionCommand.Create,
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = new("Graft: transfer learning with pre-trained Transformers. Data goes to stdout, logs and progress to stderr.");
        foreach (Func<Command> create in s_commands) root.Subcommands.Add(create());

        using Interruption interruption = new();
        try
        {
            ParseResult parsed = OptionSources.Complete(root, args);
            if (parsed.Errors.Count > 0)
            {
                Terminal.Error($"{parsed.Errors[0].Message} (see {OptionSources.NameOf(parsed.CommandResult.Command)} --help)");
                return ExitCodes.BadInput;
            }

            using StringWriter help = new();
            int exitCode = await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = help },
                interruption.Token);

            // The parser names the program after its assembly; users call the executable `graft`.
            if (help.GetStringBuilder().Length > 0) Console.Out.Write(help.ToString().Replace(root.Name, "graft", StringComparison.Ordinal));
            return exitCode;
        }
        catch (Exception failure)
        {
            return Report(failure, interruption);
        }
    }

    private static int Report(Exception failure, Interruption interruption)
    {
        Exception cause = failure;
        while (cause is AggregateException or TypeInitializationException or System.Reflection.TargetInvocationException && cause.InnerException is { } inner) cause = inner;
        if (Environment.GetEnvironmentVariable("GRAFT_TRACE") == "1") Console.Error.WriteLine(failure);
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
            case RunFailedException or IOException or UnauthorizedAccessException:
                Terminal.Error(Terminal.WithFlags(cause.Message));
                return ExitCodes.Failed;
            default:
                Terminal.Error($"internal error: {cause.GetType().Name}: {cause.Message.ReplaceLineEndings(" ")} (GRAFT_TRACE=1 prints where; please report it)");
                return ExitCodes.Failed;
        }
    }
}
