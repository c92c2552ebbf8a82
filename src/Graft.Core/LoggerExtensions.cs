using Microsoft.Extensions.Logging;

namespace Graft;

/// <summary>How the library tells people something while it works: one line at the level of information, ready to be read.</summary>
internal static class LoggerExtensions
{
    /// <summary>Logs a line as it stands: braces in it mean nothing.</summary>
    public static void Tell(this ILogger logger, string line) =>
        logger.Log(LogLevel.Information, default, line, null, static (text, _) => text);
}
