using System.CommandLine;

namespace Graft.Cli;

/// <summary>Flags that mean the same on every command that has them.</summary>
internal static class CommonFlags
{
    /// <summary><c>--json</c>: one document on stdout, for programs.</summary>
    public static Option<bool> Json(string description = "Print one JSON document.") => new("--json") { Description = description };

    /// <summary><c>--threads</c>.</summary>
    public static Option<int?> Threads() =>
        new("--threads") { Description = "Threads to compute with; all cores otherwise.", HelpName = "N" };

    /// <summary><c>--task</c>, for a folder that may not name its task.</summary>
    public static Option<string?> Task() => new("--task") { Description = "The task, where the folder does not say it." };

    /// <summary><c>--corpus</c>, of the commands that learn from plain text.</summary>
    public static Option<string[]> Corpus() =>
        new("--corpus")
        {
            Description = "A built corpus, or text files and folders (PATH or PATH@WEIGHT).",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };

    /// <summary><c>--held-out</c>, of the commands that learn from plain text.</summary>
    public static Option<double> HeldOut() =>
        new("--held-out")
        {
            Description = "The share of documents that is held out for evaluation, where text is given.",
            DefaultValueFactory = _ => 0.02,
        };
}
