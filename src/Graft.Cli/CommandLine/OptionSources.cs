using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;

namespace Graft.Cli;

/// <summary>
/// Where an option's value comes from: the flag itself, else the environment (<c>GRAFT_LEARNING_RATE</c> for <c>--learning-rate</c>),
/// else the file of <c>--config</c> (<c>{"learning-rate": 2e-5}</c>), else the option's default. Works for every option of every command.
/// </summary>
internal static class OptionSources
{
    /// <summary>The option that names the file; commands with many flags add it.</summary>
    public static Option<FileInfo> ConfigOption() =>
        new("--config")
        {
            Description =
                "A JSON file with values for this command's flags, {\"learning-rate\": 2e-5}; flags and GRAFT_… variables win over "
                    + "it. None otherwise.",
            HelpName = "FILE",
        };

    /// <summary>Parses <paramref name="args"/>, adding the values of flags that are absent but given elsewhere.</summary>
    /// <exception cref="InputException">The configuration file is missing, no JSON object, or has a key that is no flag of the
    /// command.</exception>
    public static ParseResult Complete(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        Command command = parsed.CommandResult.Command;
        List<string> added = [];
        Dictionary<string, string[]> file = ReadConfig(parsed, command);
        foreach (Option option in command.Options)
        {
            if (parsed.GetResult(option) is OptionResult { Implicit: false } || !option.Name.StartsWith("--", StringComparison.Ordinal))
                continue;
            string name = option.Name[2..];
            if (name is "help" or "version" or "config") continue;
            string? environment = Environment.GetEnvironmentVariable("GRAFT_" + name.Replace('-', '_').ToUpperInvariant());
            string[]? values = environment is { Length: > 0 } ? [environment] : file.GetValueOrDefault(name);
            // One token, so that it cannot become the value of a flag that was typed without one.
            if (values is [string value]) added.Add($"{option.Name}={value}");
            else if (values is not null) added.AddRange([option.Name, .. values]);
        }

        return added.Count == 0 ? parsed : root.Parse([.. args, .. added]);
    }

    /// <summary>A command as it is typed: "graft corpus build".</summary>
    public static string NameOf(Command command) =>
        command is RootCommand ? "graft" : string.Join(' ', command.Parents.OfType<Command>().Take(1).Select(NameOf).Append(command.Name));

    private static Dictionary<string, string[]> ReadConfig(ParseResult parsed, Command command)
    {
        Dictionary<string, string[]> values = new(StringComparer.Ordinal);
        if (
            command.Options.FirstOrDefault(o => o.Name == "--config") is not Option<FileInfo> option
            || parsed.GetValue(option) is not { } path
        )
            return values;
        if (!path.Exists)
            throw new InputException($"--config {path}: no such file");
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(path.FullName),
                new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
            );
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InputException(
                    $"--config {path}: a JSON object of flags and values is expected, found {document.RootElement.ValueKind}"
                );
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!command.Options.Any(o => o.Name == "--" + property.Name))
                    throw new InputException(
                        $"--config {path}: \"{property.Name}\" is no flag of {NameOf(command)}; see {NameOf(command)} --help"
                    );
                values[property.Name] =
                    property.Value.ValueKind == JsonValueKind.Array
                        ? [.. property.Value.EnumerateArray().Select(Text)]
                        : [Text(property.Value)];
            }
        }
        catch (JsonException e)
        {
            throw new InputException($"--config {path}: not valid JSON: {e.Message}", e);
        }

        return values;
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
