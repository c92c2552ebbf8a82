using System.CommandLine;

namespace Graft.Cli;

/// <summary>A flag that several commands have, declared once: its name, and what it means on all of them.</summary>
/// <param name="Name">The name with its dashes.</param>
/// <param name="Meaning">What it says on every command, without a full stop.</param>
/// <param name="Value">What help calls the value; chosen by the value's type where it is null.</param>
internal sealed record Flag(string Name, string Meaning, string? Value = null)
{
    /// <summary>The flag of a command that does without it.</summary>
    /// <param name="here">What it means on this command, and what holds otherwise; without a full stop.</param>
    /// <param name="value">What help calls the value on this command.</param>
    public Option<T> Optional<T>(string? here = null, string? value = null) => new(Name)
    {
        Description = here is null ? $"{Meaning}." : $"{Meaning}: {here}.",
        HelpName = value ?? Value,
    };

    /// <summary>The flag of a command that needs it.</summary>
    /// <inheritdoc cref="Optional{T}" path="/param"/>
    public Option<T> Required<T>(string? here = null, string? value = null)
    {
        Option<T> option = Optional<T>(here, value);
        option.Required = true;
        return option;
    }

    /// <summary>The flag of a command with a value that help shows as its default.</summary>
    /// <param name="usual">The default.</param>
    /// <param name="here">What it means on this command; without a full stop.</param>
    /// <param name="value">What help calls the value on this command.</param>
    public Option<T> WithDefault<T>(T usual, string? here = null, string? value = null)
    {
        Option<T> option = Optional<T>(here, value);
        option.DefaultValueFactory = _ => usual;
        return option;
    }
}
