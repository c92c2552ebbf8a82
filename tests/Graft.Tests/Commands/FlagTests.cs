using System.CommandLine;
using System.Text.RegularExpressions;
using Graft.Cli;

namespace Graft.Tests.Commands;

/// <summary>
/// A flag stands once in the code, means the same on every command, and says in a sentence what it does and what holds without it.
/// </summary>
public sealed partial class FlagTests
{
    private static readonly (Command Command, Option Option)[] s_flags =
    [
        .. from command in All(GraftCommandLine.CreateRoot())
            from option in command.Options
            where !option.Hidden && option.Name is not ("--help" or "--version")
            select (command, option),
    ];

    [Fact]
    public void EveryFlagIsDeclaredOnce()
    {
        Dictionary<string, int> declared = new(StringComparer.Ordinal);
        string sources = Path.Combine(TestData.Root, "src", "Graft.Cli");
        foreach (string file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match match in Declaration().Matches(File.ReadAllText(file)))
                declared[match.Groups["name"].Value] = declared.GetValueOrDefault(match.Groups["name"].Value) + 1;
        }

        Assert.Equal(
            [],
            s_flags.Select(flag => flag.Option.Name).Distinct(StringComparer.Ordinal).Where(name => declared.GetValueOrDefault(name) != 1)
        );
    }

    [Fact]
    public void AFlagMeansTheSameOnEveryCommand()
    {
        foreach (var same in s_flags.GroupBy(flag => flag.Option.Name, StringComparer.Ordinal))
        {
            Assert.Single(same.Select(flag => Meaning(flag.Option)).Distinct(StringComparer.Ordinal));
            Assert.Single(same.Select(flag => TypeOf(flag.Option)).Distinct());
        }
    }

    [Fact]
    public void EveryFlagIsDescribedInASentence()
    {
        foreach ((Command command, Option option) in s_flags)
        {
            string text = option.Description!;
            Assert.True(
                text[^1] == '.' && char.IsUpper(text.TrimStart('-')[0]) && text.Length > 8,
                $"{OptionSources.NameOf(command)} {option.Name}: {text}"
            );
        }
    }

    [Fact]
    public void EveryFlagSaysWhatHoldsWithoutIt()
    {
        foreach ((Command command, Option option) in s_flags)
        {
            bool isSaid =
                option.Required
                || TypeOf(option) == typeof(bool)
                || option.HasDefaultValue && option.GetDefaultValue() is not null
                || option.Description!.Contains("therwise", StringComparison.Ordinal);
            Assert.True(isSaid, $"{OptionSources.NameOf(command)} {option.Name}: {option.Description}");
        }
    }

    private static string Meaning(Option option) => option.Description!.Split(':')[0].TrimEnd('.');

    private static Type TypeOf(Option option)
    {
        Type type = option.ValueType.IsArray ? option.ValueType.GetElementType()! : option.ValueType;
        return Nullable.GetUnderlyingType(type) ?? type;
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    [GeneratedRegex(@"\w\s*\(\s*""(?<name>--[a-z0-9-]+)""\s*[,)]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();
}
