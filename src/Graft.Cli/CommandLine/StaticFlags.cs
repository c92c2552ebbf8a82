using System.CommandLine;
using System.CommandLine.Parsing;
using Graft.StaticModels;

namespace Graft.Cli;

/// <summary>The flags of <c>graft distill --static</c>.</summary>
internal sealed class StaticFlags
{
    private static readonly string[] s_alike = ["--teacher", "--output", "--epochs", "--seed", "--overwrite", "--threads", "--config"];

    private readonly Option<bool> _static = new("--static")
    {
        Description =
            "Make a static model, which has one vector for each token and is a hundred times faster, with the classifier of the "
                + "teacher's run; needs no --corpus.",
    };

    private readonly Option<string?> _unlabelled = new("--unlabelled")
    {
        Description =
            "Texts on which the student (--student) or the vectors (--static) follow the teacher; the training data of the teacher's "
                + "run otherwise, with --static.",
        HelpName = "FILE",
    };

    private readonly Option<int> _dimensions = new("--dimensions")
    {
        Description = "How many values a vector has, with --static.", DefaultValueFactory = _ => 256, HelpName = "N",
    };

    private Option[] Own => [_static, _unlabelled, _dimensions];

    public void AddTo(Command command)
    {
        foreach (Option option in Own) command.Options.Add(option);
    }

    /// <summary>The file of texts without labels.</summary>
    public string? Unlabelled(ParseResult parsed) => parsed.GetValue(_unlabelled);

    /// <summary>Whether a static model is asked for; flags of the other kind are refused.</summary>
    /// <exception cref="InputException">A flag is given that has no meaning here.</exception>
    public bool IsAsked(ParseResult parsed)
    {
        bool isAsked = parsed.GetValue(_static);
        string[] own = [.. Own.Select(option => option.Name)],
            given =

            [
                .. parsed
                    .CommandResult.Children.OfType<OptionResult>()
                    .Where(option => !option.Implicit)
                    .Select(option => option.Option.Name),
            ];
        if (
            isAsked
            && Array.Find(given, name => !own.Contains(name, StringComparer.Ordinal) && !s_alike.Contains(name, StringComparer.Ordinal))
                is string other
        )
            throw new InputException($"{other} has no meaning with --static");
        if (!isAsked && Array.Find(given, name => own.Contains(name, StringComparer.Ordinal)) is string alone)
            throw new InputException($"{alone} is for --static{(alone == _unlabelled.Name ? " or --student" : "")}");
        return isAsked;
    }

    /// <summary>What the flags say.</summary>
    public StaticDistillationOptions Options(ParseResult parsed, TrainingFlags training, string teacher, string output)
    {
        StaticDistillationOptions usual = new() { Teacher = teacher, Output = output };
        double epochs = parsed.GetValue(training.Epochs) ?? usual.Epochs;
        if (epochs != Math.Floor(epochs)) throw new InputException("epochs", $"{epochs}", "with static a whole number");
        return usual with
        {
            Unlabelled = parsed.GetValue(_unlabelled),
            Dimensions = parsed.GetValue(_dimensions),
            Epochs = (int)epochs,
            Seed = training.Read(parsed, new Training.TrainingOptions()).Seed,
            Overwrite = parsed.GetValue(training.Overwrite),
            CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
        };
    }
}
