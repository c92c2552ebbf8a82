namespace Graft.Checkpoints;

/// <summary>A file of weights that cannot be read: missing, broken or hostile. The message names the file and the cause.</summary>
internal sealed class CheckpointException : InputException
{
    /// <summary>Creates the error for one file.</summary>
    /// <param name="path">The file, or the folder that should have held it.</param>
    /// <param name="problem">What was found, and what to do when that is not obvious; no full stop.</param>
    /// <param name="innerException">The failure that revealed it.</param>
    public CheckpointException(string path, string problem, Exception? innerException = null)
        : base($"{path}: {OneLine(problem)}", innerException) => FilePath = path;

    /// <summary>The file, or the folder that should have held it.</summary>
    public string FilePath { get; }

    /// <summary>Names come from the file and may hold anything: line breaks, terminal codes, megabytes.</summary>
    private static string OneLine(string text)
    {
        const int longest = 400;
        return string.Concat(text.Take(longest).Select(character => char.IsControl(character) ? '\uFFFD' : character))
            + (text.Length > longest ? "…" : "");
    }
}
