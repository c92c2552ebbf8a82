namespace Graft.Tests.Guide;

/// <summary>A block of commands in a document.</summary>
/// <param name="Document">Path from the repository's root.</param>
/// <param name="Line">Where it begins.</param>
/// <param name="Commands">Its text.</param>
/// <param name="Environment">Variables that make it short enough for a test.</param>
internal sealed record CommandBlock(string Document, int Line, string Commands, IReadOnlyDictionary<string, string> Environment);

/// <summary>
/// The <c>```bash</c> blocks of a document, in order. A comment that readers do not see may stand in the line before one:
/// <c>&lt;!-- test: GRAFT_SEEDS=1 --&gt;</c> gives the test variables, <c>&lt;!-- elsewhere: why --&gt;</c> names what runs it instead.
/// </summary>
internal static class CommandBlocks
{
    private const string Test = "<!-- test:", Elsewhere = "<!-- elsewhere:", End = "-->";

    /// <summary>README.md, then the guide's chapters.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        "README.md",
        .. Directory
            .GetFiles(Path.Combine(TestData.Root, "docs", "guide"), "*.md")
            .Select(path => "docs/guide/" + Path.GetFileName(path))
            .Order(StringComparer.Ordinal),
    ];

    public static IEnumerable<CommandBlock> Of(string document)
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestData.Root, document));
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "```bash") continue;
            string before = i > 0 ? lines[i - 1].Trim() : "";
            int end = Array.FindIndex(lines, i + 1, line => line.Trim() == "```");
            if (!before.StartsWith(Elsewhere, StringComparison.Ordinal))
                yield return new CommandBlock(document, i + 1, string.Join('\n', lines[(i + 1)..end]), Variables(before));
            i = end;
        }
    }

    private static Dictionary<string, string> Variables(string comment) =>
        !comment.StartsWith(Test, StringComparison.Ordinal)
            ? []
            : comment[Test.Length..^End.Length]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
