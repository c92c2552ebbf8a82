using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Graft.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Cli;

/// <summary>The two streams: data on stdout, everything else on stderr.</summary>
internal static partial class Terminal
{
    /// <summary>True when a person is watching stderr: only then are progress bars drawn.</summary>
    // mpirun gives ranks a terminal even where it writes to a file
    public static bool IsInteractive => !Console.IsErrorRedirected && ProcessGroups.Joined is null;

    /// <summary>Colour is for terminals, and not where NO_COLOR is set.</summary>
    public static bool UseColor => IsInteractive && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true },
        s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line on stderr, marked as an error.</summary>
    public static void Error(string message) =>
        Console.Error.WriteLine(UseColor ? $"\u001b[31mgraft: {message}\u001b[0m" : $"graft: {message}");

    /// <summary>
    /// What the library says, with options as flags: <c>replace it with `overwrite`</c> → <c>replace it with --overwrite</c>.
    /// </summary>
    public static string WithFlags(string message) => OptionKey().Replace(message, "--${key}");

    /// <summary>One line on stderr: logs and notes.</summary>
    public static void Log(string message) => Console.Error.WriteLine(message);

    /// <summary>The library's notes, each a line on stderr.</summary>
    public static ILogger Logger { get; } = new LineLogger();

    /// <summary>One line of data on stdout.</summary>
    public static void Out(string line) => Console.Out.WriteLine(line);

    /// <summary>A share as people read it: <c>0.8213</c> → <c>82.1 %</c>; an undefined one is a dash.</summary>
    public static string Percent(double share) =>
        double.IsNaN(share) ? "–" : (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    /// <summary>The one JSON document of a command with <c>--json</c>.</summary>
    public static void Json(System.Text.Json.Nodes.JsonNode document) => Console.Out.WriteLine(document.ToJsonString(s_json));

    /// <summary>One line of JSON Lines.</summary>
    public static void JsonLine(System.Text.Json.Nodes.JsonNode document) => Console.Out.WriteLine(document.ToJsonString(s_line));

    [GeneratedRegex("`(?<key>[a-z][a-z-]*)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OptionKey();

    private sealed class LineLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel)) Terminal.Log(WithFlags(formatter(state, exception)));
        }
    }
}
