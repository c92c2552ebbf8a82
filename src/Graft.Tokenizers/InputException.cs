namespace Graft;

/// <summary>
/// The user's input cannot be used: a missing or malformed file, an unknown key, a value out of range. The message is one line that
/// names the file, line or key, says what was found and what to do. The command line prints it and exits with code 2.
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
}
