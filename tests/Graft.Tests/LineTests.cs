using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>Lines fit a screen beside another: 140 characters of code, 160 of prose (tables, code blocks and links aside).</summary>
public sealed partial class LineTests
{
    private const int CodeLimit = 140;
    private const int ProseLimit = 160;

    [Fact]
    public void CodeFits() => Assert.Empty(Long(Files("*.cs", "src", "tests", "samples", "bench"), CodeLimit, File.ReadLines));

    [Fact]
    public void ProseFits() => Assert.Empty(Long(Pages(), ProseLimit, Prose));

    private static IEnumerable<string> Long(IEnumerable<string> files, int limit, Func<string, IEnumerable<string>> lines) =>
        from file in files
        from line in lines(file)
        where line.Length > limit
        select $"{Path.GetRelativePath(TestData.Root, file)}: {line}";

    // What stands deeper in evidence/ was written by commands.
    private static IEnumerable<string> Pages() =>
        Files("*.md", "docs", "samples", "src", "models")
            .Concat(Directory.EnumerateFiles(TestData.Root, "*.md"))
            .Concat(Directory.EnumerateFiles(Path.Combine(TestData.Root, "evidence"), "*.md"));

    private static IEnumerable<string> Files(string pattern, params string[] folders) =>
        from folder in folders
        from file in Directory.EnumerateFiles(Path.Combine(TestData.Root, folder), pattern, SearchOption.AllDirectories)
        select file;

    private static IEnumerable<string> Prose(string file)
    {
        bool code = false;
        foreach (string line in File.ReadLines(file))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) code = !code;
            else if (!code && !line.StartsWith('|')) yield return Link().Replace(line, "");
        }
    }

    [GeneratedRegex(@"\]\([^)]*\)|https?://\S+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
