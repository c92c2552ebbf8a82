using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;

namespace Graft.Cli;

/// <summary>What <c>--help</c> prints: commands by what they are for, and the flags of long commands under headings.</summary>
internal sealed class HelpText(IReadOnlyList<(string Title, Command[] Commands)> groups) : SynchronousCommandLineAction
{
    private const int LeastWidth = 60;
    private const int MostWidth = 120;
    private const int FewFlags = 15;

    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        Write(command, output, Width());
        return ExitCodes.Ok;
    }

    /// <summary>Puts this help in the place of the parser's.</summary>
    public void ReplaceIn(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
        {
            option.Description = "Show this help.";
            option.Action = this;
        }

        foreach (VersionOption option in root.Options.OfType<VersionOption>())
            option.Description = "Print the version and the commit it was built from.";
    }

    private static int Width() => Console.IsOutputRedirected ? MostWidth : Math.Clamp(Console.WindowWidth - 1, LeastWidth, MostWidth);

    private void Write(Command command, TextWriter output, int width)
    {
        foreach (string line in Wrapped(command.Description ?? "", width)) output.WriteLine(line);
        output.WriteLine();
        output.WriteLine($"Usage: {Usage(command)}");
        if (command is RootCommand)
        {
            foreach ((string title, Command[] commands) in groups)
                WriteList(output, title, [.. commands.Select(c => (c.Name, c.Description ?? ""))], width);
            WriteList(output, "Flags", [.. command.Options.Select(o => (Label(o), Describe(o)))], width);
            output.WriteLine();
            output.WriteLine(
                "graft COMMAND --help says more. A flag may also stand in the environment (GRAFT_MAX_LENGTH) or in the file of --config."
            );
            return;
        }

        if (command.Subcommands.Any(c => !c.Hidden))
            WriteList(output, "Commands", [.. command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? ""))], width);
        if (command.Arguments.Any(a => !a.Hidden))
            WriteList(
                output,
                "Arguments",
                [.. command.Arguments.Where(a => !a.Hidden).Select(a => ($"<{a.HelpName ?? a.Name}>", a.Description ?? ""))],
                width
            );

        Option[] flags = [.. command.Options.Where(o => !o.Hidden).Concat(Inherited(command))];
        IEnumerable<IGrouping<int, Option>> groupsOfFlags = flags.Length < FewFlags
            ? flags.GroupBy(_ => -1)
            : flags.GroupBy(o => FlagGroups.Of(o.Name)).OrderBy(group => group.Key);
        foreach (IGrouping<int, Option> group in groupsOfFlags)
            WriteList(
                output,
                group.Key < 0 ? "Flags" : FlagGroups.All[group.Key].Title,
                [.. group.Select(o => (Label(o), Describe(o)))],
                width
            );
    }

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(o => o.Recursive && !o.Hidden));

    private static string Usage(Command command)
    {
        string text = OptionSources.NameOf(command);
        if (command is RootCommand) return text + " COMMAND";
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
            text +=
                argument.Arity.MinimumNumberOfValues == 0
                    ? $" [<{argument.HelpName ?? argument.Name}>]"
                    : $" <{argument.HelpName ?? argument.Name}>";
        foreach (Option option in command.Options.Where(o => o.Required))
            text += " " + Label(option);
        if (command.Subcommands.Count > 0)
            text += " COMMAND";
        return text + (command.Options.Any(o => !o.Required) ? " [flags]" : "");
    }

    private static string Label(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(a => a.StartsWith('-')).Append(option.Name));
        return option.ValueType == typeof(bool) || option.ValueType == typeof(bool?) || option.Arity.MaximumNumberOfValues == 0
            ? names
            : $"{names} {ValueName(option)}";
    }

    private static string ValueName(Option option)
    {
        if (option.HelpName is { } given) return $"<{given}>";
        Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        return type == typeof(int) || type == typeof(long) || type == typeof(ulong) ? "<N>"
            : type == typeof(double) || type == typeof(float) ? "<NUMBER>"
            : $"<{option.Name[2..].ToUpperInvariant()}>";
    }

    private static string Describe(Option option)
    {
        string text = option.Description ?? "";
        if (option.Required) return text + " (required)";
        return option.HasDefaultValue && option.GetDefaultValue() is { } value and not false and not System.Collections.ICollection
            ? $"{text} [default: {Convert.ToString(value, CultureInfo.InvariantCulture)}]"
            : text;
    }

    private static void WriteList(TextWriter output, string title, (string Name, string Text)[] rows, int width)
    {
        output.WriteLine();
        output.WriteLine($"{title}:");
        int indent = Math.Min(rows.Max(row => row.Name.Length), 30) + 4;
        foreach ((string name, string text) in rows)
        {
            bool fits = name.Length + 4 <= indent;
            if (!fits) output.WriteLine("  " + name);
            string first = fits ? ("  " + name).PadRight(indent) : new string(' ', indent);
            foreach (string line in Wrapped(text, Math.Max(width - indent, LeastWidth / 2)))
            {
                output.WriteLine((first + line).TrimEnd());
                first = new string(' ', indent);
            }
        }
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : line + " " + word;
            }
        }

        yield return line;
    }
}
