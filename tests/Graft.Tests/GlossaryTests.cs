using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>Code, help texts and documents use the field's terms (docs/GLOSSARY.md), and doc comments are sentences.</summary>
public sealed partial class GlossaryTests
{
    private static readonly string s_glossary = Path.Combine(TestData.Root, "docs", "GLOSSARY.md");

    [Fact]
    public void CoinedTermsOccurNowhere()
    {
        string[] coined =
        [
            .. Rows().SelectMany(row => row[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ];
        Assert.NotEmpty(coined);
        IEnumerable<string> found =
            from file in Texts()
            let text = File.ReadAllText(file)
            from term in coined
            where text.Contains(term, StringComparison.OrdinalIgnoreCase)
            select $"{Path.GetRelativePath(TestData.Root, file)}: {term}";
        Assert.Empty(found);
    }

    [Fact]
    public void DocCommentsBeginLikeSentences()
    {
        IEnumerable<string> found =
            from file in Directory.EnumerateFiles(Path.Combine(TestData.Root, "src"), "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            where Fragment().IsMatch(line)
            select $"{Path.GetRelativePath(TestData.Root, file)}: {line.Trim()}";
        Assert.Empty(found);
    }

    [Fact]
    public void EveryTermHasAMeaningAndASource()
    {
        string[][] rows = [.. Rows()];
        Assert.All(rows, row => Assert.True(row[0].Length > 0 && row[1].Length > 10 && row[2].Length > 3, string.Join(" | ", row)));
        Assert.Equal(rows.Select(row => row[0]).Order(StringComparer.OrdinalIgnoreCase), rows.Select(row => row[0]));
    }

    private static IEnumerable<string[]> Rows() =>
        File.ReadLines(s_glossary)
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1)
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static IEnumerable<string> Texts()
    {
        foreach (string folder in new[] { "src", "docs", "samples", "evidence", "bench" })
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(TestData.Root, folder), "*.*", SearchOption.AllDirectories))
            {
                if (Path.GetExtension(file) is ".cs" or ".md" or ".sh" && file != s_glossary) yield return file;
            }
        }

        yield return Path.Combine(TestData.Root, "README.md");
        yield return Path.Combine(TestData.Root, "models", "README.md");
    }

    [GeneratedRegex(
        """(<summary>|<value>|<returns>|<param name="[^"]*">|Description = \$?")(Of|Its|Their|Where\.|Who|Whose)\b""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Fragment();
}
