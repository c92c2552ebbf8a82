namespace Graft;

/// <summary>
/// A run could not be finished although its input was sound: disk full, folder not writable, training diverged, a check failed.
/// The message is one line that says what is kept and what to do. The command line prints it and exits with code 1.
/// </summary>
public sealed class RunFailedException : Exception
{
    /// <summary>Creates the error with its one-line message.</summary>
    public RunFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its one-line message and the failure behind it.</summary>
    public RunFailedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
