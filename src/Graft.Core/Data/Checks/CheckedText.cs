namespace Graft.Data.Checks;

/// <summary>What the checks look at, whatever the task: a text, its answer, and where both stand.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">Everything the model will read.</param>
/// <param name="Answer">What it shall answer, in one string; empty when there is none.</param>
internal readonly record struct CheckedText(string Path, long Line, string Text, string Answer)
{
    private const int Shown = 60;

    /// <summary>This place, with the beginning of the text.</summary>
    public Place Place(string? detail = null) => new(Path, Line, detail ?? Quoted(Text));

    /// <summary>A text's beginning in quotes, on one line.</summary>
    public static string Quoted(string text)
    {
        string line = text.ReplaceLineEndings(" ").Trim();
        return "\"" + (line.Length <= Shown ? line : line[..Shown].TrimEnd() + "…") + "\"";
    }
}
