namespace Graft;

/// <summary>
/// The user's input cannot be used: a missing or malformed file, an unknown key, a value out of range. The message is one line that
/// names the file, line or key, says what was found and what to do; an option stands in it as its key between back-ticks, and whoever shows
/// the message writes it as its users know it. The command line prints it and exits with code 2.
/// </summary>
public class InputException : Exception
{
    /// <summary>Creates the error with its one-line message.</summary>
    public InputException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its one-line message and the failure that revealed it.</summary>
    public InputException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// An option has a value that is not allowed. The library names the option by its key; whoever knows where it was set (a flag, a
    /// variable, a form) says so in its own words.
    /// </summary>
    /// <param name="key">The option's name in lower case with hyphens, as flags and records spell it, without dashes before it:
    /// "learning-rate".</param>
    /// <param name="value">What was found.</param>
    /// <param name="allowed">What it must be: "above 0", "fp32 or bf16".</param>
    public InputException(string key, string value, string allowed)
        : base($"{key} is {value}; it must be {allowed}") => (Key, Value, Allowed) = (key, value, allowed);

    /// <summary>The option whose value is not allowed; null where the error is about something else.</summary>
    public string? Key { get; }

    /// <summary>The value; null without a <see cref="Key"/>.</summary>
    public string? Value { get; }

    /// <summary>What is allowed; null without a <see cref="Key"/>.</summary>
    public string? Allowed { get; }
}
