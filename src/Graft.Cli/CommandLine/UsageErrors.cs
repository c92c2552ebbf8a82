using System.CommandLine;
using System.CommandLine.Parsing;

namespace Graft.Cli;

/// <summary>
/// What was wrong with a command line, in Graft's words: the flag, what was found, what is expected, and the name that was probably meant.
/// </summary>
internal static class UsageErrors
{
    /// <summary>One line for the first error of <paramref name="parsed"/>.</summary>
    public static string Describe(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string help = $"(see {OptionSources.NameOf(command)} --help)";
        if (parsed.UnmatchedTokens is [string token, ..]) return $"{Unknown(command, token)} {help}";
        if (Missing(parsed) is { } missing) return $"{missing} {help}";
        foreach (ParseError error in parsed.Errors)
        {
            if (error.SymbolResult is not OptionResult { Option: { } option } result) continue;
            bool isOurs = error.Message.StartsWith(option.Name, StringComparison.Ordinal);
            return $"{(isOurs ? error.Message : Value(option, result))} {help}";
        }

        return command.Subcommands.Count > 0
            ? $"{OptionSources.NameOf(command)} needs a command: "
                + $"{string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))} {help}"
            : $"{parsed.Errors[0].Message.TrimEnd('.')} {help}";
    }

    /// <summary>
    /// The one of <paramref name="names"/> that <paramref name="typed"/> was probably meant to be; null where none is near.
    /// </summary>
    public static string? Nearest(string typed, IEnumerable<string> names)
    {
        int most = Math.Max(1, typed.TrimStart('-').Length / 3);
        return names
            .Select(name => (Name: name, Distance: Distance(typed, name)))
            .Where(pair => pair.Distance <= most)
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal)
            .Select(pair => pair.Name)
            .FirstOrDefault()
            ?? (typed.Length >= 3 ? names.FirstOrDefault(name => name.StartsWith(typed, StringComparison.Ordinal)) : null);
    }

    private static string Unknown(Command command, string token)
    {
        bool isFlag = token.StartsWith('-');
        string place = OptionSources.NameOf(command);
        string what =
            isFlag ? $"{token} is no flag of {place}"
            : command.Subcommands.Count > 0 ? $"\"{token}\" is no command of {place}"
            : $"\"{token}\" is not expected here";
        string? nearest = isFlag
            ? Nearest(token, command.Options.Where(o => !o.Hidden).Select(o => o.Name))
            : Nearest(token, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        return nearest is null ? what : $"{what}; did you mean {nearest}?";
    }

    private static string? Missing(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        Option[] flags = [.. command.Options.Where(option => option.Required && parsed.GetResult(option) is null or { Implicit: true })];
        if (flags.Length > 0)
            return $"{string.Join(" and ", flags.Select(flag => flag.Name))} {(flags.Length == 1 ? "is" : "are")} missing";
        Argument? argument = command.Arguments.FirstOrDefault(a =>
            a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }
        );
        return argument is null ? null : $"<{argument.HelpName ?? argument.Name}> is missing";
    }

    private static string Value(Option option, OptionResult result)
    {
        if (result.Tokens.Count == 0) return $"{option.Name} needs a value";
        string expected = (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) switch
        {
            var type when type == typeof(int) || type == typeof(long) => "a whole number is expected",
            var type when type == typeof(uint) || type == typeof(ulong) => "a whole number of 0 or more is expected",
            var type when type == typeof(double) || type == typeof(float) => "a number is expected",
            var type when type == typeof(bool) => "true or false is expected",
            _ when result.Tokens.Count > option.Arity.MaximumNumberOfValues => "one value is expected",
            _ when Allowed(option) is { Length: > 0 } allowed => $"{string.Join(", ", allowed)} is expected",
            _ => "another value is expected",
        };
        return $"{option.Name} {string.Join(' ', result.Tokens.Select(t => t.Value))}: {expected}";
    }

    private static string[] Allowed(Option option) =>
        [.. option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(item => item.Label)];

    /// <summary>The number of insertions, deletions, replacements and swaps of neighbours between two names.</summary>
    private static int Distance(string first, string second)
    {
        int[,] table = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++) table[i, 0] = i;
        for (int j = 0; j <= second.Length; j++) table[0, j] = j;
        for (int i = 1; i <= first.Length; i++)
        {
            for (int j = 1; j <= second.Length; j++)
            {
                int replaced = table[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replaced, 1 + Math.Min(table[i - 1, j], table[i, j - 1]));
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[first.Length, second.Length];
    }
}
