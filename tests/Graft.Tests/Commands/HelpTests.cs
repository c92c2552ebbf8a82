using System.CommandLine;
using Graft.Cli;

namespace Graft.Tests.Commands;

/// <summary>What the command line says about itself, and about a command line that it cannot use.</summary>
[Collection(AloneCollection.Name)]
public sealed class HelpTests
{
    [Fact]
    public async Task EveryCommandStandsUnderOneHeading()
    {
        string help = await Out("--help");
        string[] lines = help.Split('\n');
        foreach (Command command in GraftCommandLine.CreateRoot().Subcommands)
            Assert.Single(lines, line => line.StartsWith($"  {command.Name} ", StringComparison.Ordinal));
        foreach (string heading in new[] { "Start:", "Fine-tune:", "Use:", "Pre-train:", "Inspect:", "Measure:" })
            Assert.Contains(heading, lines);
        Assert.All(lines, line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task HelpIsAlsoACommand()
    {
        Assert.Equal(await Out("--help"), await Out("help"));
        Assert.Equal(await Out("corpus", "build", "--help"), await Out("help", "corpus", "build"));
    }

    [Fact]
    public async Task AskingForHelpIsNeverAnError()
    {
        foreach (Command command in All(GraftCommandLine.CreateRoot()))
        {
            string help = await Out([.. OptionSources.NameOf(command).Split(' ').Skip(1), "--help"]);
            Assert.StartsWith(command.Description![..10], help, StringComparison.Ordinal);
            foreach (Option option in command.Options.Where(o => !o.Hidden)) Assert.Contains(option.Name, help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task FlagsOfALongCommandStandUnderHeadings()
    {
        string help = await Out("finetune", "--help");
        Assert.True(help.IndexOf("How files are read:", StringComparison.Ordinal) < help.IndexOf("--delimiter", StringComparison.Ordinal));
        Assert.True(
            help.IndexOf("Optimizer and regularization:", StringComparison.Ordinal)
                < help.IndexOf("--weight-decay", StringComparison.Ordinal)
        );
        Assert.True(help.IndexOf("Flags:", StringComparison.Ordinal) < help.IndexOf("\n  --model", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryHeadingsFlagsExist()
    {
        HashSet<string> known =
        [
            .. All(GraftCommandLine.CreateRoot()).SelectMany(command => command.Options).Select(option => option.Name),
            "--help",
        ];
        Assert.All(FlagGroups.All.SelectMany(group => group.Flags), flag => Assert.Contains(flag, known));
        Assert.Empty(
            FlagGroups
                .All.SelectMany(group => group.Flags)
                .GroupBy(flag => flag, StringComparer.Ordinal)
                .Where(same => same.Count() > 1)
                .Select(same => same.Key)
        );
    }

    [Fact]
    public void EveryFlagAndCommandIsDescribedInASentence()
    {
        foreach (Command command in All(GraftCommandLine.CreateRoot()))
        {
            string place = OptionSources.NameOf(command);
            Assert.True(IsSentence(command.Description), $"{place}: {command.Description}");
            foreach (Option option in command.Options)
                Assert.True(IsSentence(option.Description), $"{place} {option.Name}: {option.Description}");
            foreach (Argument argument in command.Arguments)
                Assert.True(IsSentence(argument.Description), $"{place} {argument.Name}: {argument.Description}");
        }

        static bool IsSentence(string? text) => text is { Length: > 8 } && text[^1] is '.' or '?' or ')';
    }

    [Theory]
    [InlineData("\"finetun\" is no command of graft; did you mean finetune?", "finetun")]
    [InlineData("--modle is no flag of graft predict; did you mean --model?", "predict", "--modle", "x")]
    [InlineData("--learnign-rate is no flag of graft finetune; did you mean --learning-rate?", "finetune", "--learnign-rate", "1e-4")]
    [InlineData("\"nosuch\" is no command of graft", "nosuch")]
    [InlineData("graft corpus needs a command: build, inspect", "corpus")]
    [InlineData(
        "--epochs abc: a number is expected",
        "finetune",
        "--model",
        "m",
        "--task",
        "t",
        "--train",
        "t",
        "--output",
        "o",
        "--epochs",
        "abc"
    )]
    [InlineData(
        "--seed -1: a whole number of 0 or more is expected",
        "finetune",
        "--model",
        "m",
        "--task",
        "t",
        "--train",
        "t",
        "--output",
        "o",
        "--seed",
        "-1"
    )]
    [InlineData("--epochs needs a value", "finetune", "--model", "m", "--task", "t", "--train", "t", "--output", "o", "--epochs")]
    [InlineData("--train and --output are missing", "auto", "--task", "t")]
    [InlineData("<OTHER> is missing", "compare", "run")]
    [InlineData("\"extra\" is not expected here", "predict", "--model", "m", "extra")]
    public async Task AWrongCommandLineIsExplainedInOneLine(string expected, params string[] args)
    {
        (int code, _, string error) = await Run(args);
        Assert.Equal(2, code);
        Assert.StartsWith($"graft: {expected}", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
        Assert.Contains("--help)", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("finetune", "graft finetu")]
    [InlineData("--learning-rate", "graft finetune --learn")]
    public async Task ACompletionScriptAsksGraftItself(string expected, string typed)
    {
        Assert.Contains("[suggest:", await Out("completion", "bash"), StringComparison.Ordinal);
        Assert.Contains("compdef", await Out("completion", "zsh"), StringComparison.Ordinal);
        Assert.Contains("Register-ArgumentCompleter", await Out("completion", "pwsh"), StringComparison.Ordinal);
        Assert.Contains(expected, await Out($"[suggest:{typed.Length}]", typed), StringComparison.Ordinal);
        Assert.Equal(2, (await Run("completion", "fish")).Code);
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static async Task<string> Out(params string[] args)
    {
        (int code, string output, string error) = await Run(args);
        Assert.True(code == 0, error);
        return output;
    }

    private static async Task<(int Code, string Out, string Error)> Run(params string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter captured = new(), capturedError = new();
        Console.SetOut(captured);
        Console.SetError(capturedError);
        try
        {
            return (await GraftCommandLine.RunAsync(args), captured.ToString(), capturedError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
