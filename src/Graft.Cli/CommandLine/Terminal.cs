using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Cli;

/// <summary>The two streams: data on stdout, everything else on stderr.</summary>
internal static class Terminal
{
    /// <summary>True when a person is watching stderr: only then are progress bars drawn.</summary>
    public static bool IsInteractive => !Console.IsErrorRedirected;

    /// <summary>Colour is for terminals, and not where NO_COLOR is set.</summary>
    public static bool UseColor => IsInteractive && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true }, s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line on stderr, marked as an error.</summary>
    public static void Error(string message) => Console.Error.WriteLine(UseColor ? $"\u001b[31mgraft: {message}\u001b[0m" : $"graft: {message}");

    /// <summary>One line on stderr: logs and notes.</summary>
    public static void Log(string message) => Console.Error.WriteLine(message);

    /// <summary>One line of data on stdout.</summary>
    public static void Out(string line) => Console.Out.WriteLine(line);

    /// <summary>The one JSON document of a command with <c>--json</c>.</summary>
    public static void Json(System.Text.Json.Nodes.JsonNode document) => Console.Out.WriteLine(document.ToJsonString(s_json));

    /// <summary>One line of JSON Lines.</summary>
    public static void JsonLine(System.Text.Json.Nodes.JsonNode document) => Console.Out.WriteLine(document.ToJsonString(s_line));
}
