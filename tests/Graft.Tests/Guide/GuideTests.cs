using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Graft.Cli;

namespace Graft.Tests.Guide;

/// <summary>
/// README and guide, followed as a reader would: every command, in order, in an empty folder with the samples and the model, with the
/// executable on the path.
/// </summary>
public sealed partial class GuideTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-guide-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Category", "Slow")]
    public void EveryCommandOfReadmeAndGuideRuns()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the commands are written for bash");
        foreach (string name in (string[])["samples", "models", "artifacts"])
            Directory.CreateSymbolicLink(Path.Combine(_folder, name), Path.Combine(TestData.Root, name));
        List<string> failures = [];
        Stopwatch whole = Stopwatch.StartNew();
        foreach (CommandBlock block in CommandBlocks.Documents.SelectMany(CommandBlocks.Of))
        {
            Stopwatch watch = Stopwatch.StartNew();
            (int exitCode, string text) = Run(block.Commands, block.Environment);
            output.WriteLine($"{block.Document}:{block.Line} {watch.Elapsed.TotalSeconds:0.0} s");
            if (exitCode != 0) failures.Add($"{block.Document}:{block.Line} ended with {exitCode}:\n{block.Commands}\n{Tail(text)}");
        }

        output.WriteLine($"in all {whole.Elapsed.TotalSeconds:0} s");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static IEnumerable<string> EvidencePages =>
        Directory
            .EnumerateFiles(Path.Combine(TestData.Root, "evidence"), "*.md")
            .Select(file => Path.GetRelativePath(TestData.Root, file))
            .Order(StringComparer.Ordinal);

    /// <summary>
    /// A page a study: the result first, then how to repeat it, then what failed; every page is in the table of contents.
    /// </summary>
    [Fact]
    public void EveryStudySaysItsResultHowToRepeatItAndWhatFailed()
    {
        string contents = File.ReadAllText(Path.Combine(TestData.Root, "evidence", "README.md"));
        foreach (string page in EvidencePages.Where(page => !page.EndsWith("README.md", StringComparison.Ordinal)))
        {
            string[] headings =
            [
                .. File.ReadLines(Path.Combine(TestData.Root, page)).Where(line => line.StartsWith("## ", StringComparison.Ordinal)),
            ];
            Assert.Equal(["## Result", "## How to repeat it", "## What failed"], headings);
            Assert.Contains($"({Path.GetFileName(page)})", contents, StringComparison.Ordinal);
        }
    }

    /// <summary>What takes hours is not run, but its scripts are there, and its commands and flags exist.</summary>
    [Fact]
    public void EveryCommandOfTheEvidenceExists()
    {
        RootCommand root = GraftCommandLine.CreateRoot();
        List<string> wrong = [];
        foreach (CommandBlock block in EvidencePages.SelectMany(CommandBlocks.Of))
        {
            string commands = block.Commands.Replace("\\\n", " ", StringComparison.Ordinal);
            foreach (Match script in Script().Matches(commands))
            {
                if (!File.Exists(Path.Combine(TestData.Root, script.Value))) wrong.Add($"{block.Document}:{block.Line} {script.Value}");
            }

            foreach (Match command in GraftLine().Matches(commands))
            {
                IEnumerable<string> errors = root.Parse(command.Groups["arguments"].Value).Errors.Select(error => error.Message);
                wrong.AddRange(errors.Select(error => $"{block.Document}:{block.Line} {command.Value}: {error}"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void EveryLinkLeadsSomewhere()
    {
        List<string> dead = [];
        foreach (string document in (string[])[.. CommandBlocks.Documents, "models/README.md", "docs/ARCHITECTURE.md", .. EvidencePages])
        {
            string folder = Path.GetDirectoryName(Path.Combine(TestData.Root, document))!;
            foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(TestData.Root, document))))
            {
                string target = link.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal)) continue;
                string[] parts = target.Split('#');
                string path = parts[0].Length == 0 ? Path.Combine(TestData.Root, document) : Path.Combine(folder, parts[0]);
                if (!Path.Exists(path) || (parts.Length > 1 && !Anchors(path).Contains(parts[1]))) dead.Add($"{document}: {target}");
            }
        }

        Assert.True(dead.Count == 0, string.Join('\n', dead));
    }

    /// <summary>The places within a page that a link may name: its headings in small letters, with hyphens for blanks.</summary>
    private static HashSet<string> Anchors(string page) =>
        [
            .. from line in File.ReadLines(page)
            where line.StartsWith('#')
            select NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'),
        ];

    [Fact]
    public void EveryChapterIsInTheGuidesTable()
    {
        string contents = File.ReadAllText(Path.Combine(TestData.Root, "docs", "guide", "README.md"));
        Assert.All(CommandBlocks.Documents.Skip(1).Select(Path.GetFileName).Where(name => name != "README.md"), name =>
            Assert.Contains($"({name})", contents, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void EveryCommandIsDescribedInTheReadme()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the commands are written for bash");
        (int exitCode, string help) = Run("graft --help", new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal(0, exitCode);
        string readme = File.ReadAllText(Path.Combine(TestData.Root, "README.md"));
        string[] commands = [.. Command().Matches(help).Select(match => match.Groups["name"].Value).Where(name => name != "version")];
        Assert.NotEmpty(commands);
        Assert.All(commands, name => Assert.Contains(name, readme, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^  (?<name>[a-z][a-z-]+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"bench/[a-z-]+\.sh", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex(@"(?<![\w/])graft (?<arguments>[^\n#|&;]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GraftLine();

    private (int ExitCode, string Text) Run(string commands, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo start = new("bash")
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // The tree is built when its tests run.
        string built = commands.Replace(
            "dotnet run --project src/Graft.Cli",
            $"dotnet run --no-build --project '{Path.Combine(TestData.Root, "src", "Graft.Cli")}'",
            StringComparison.Ordinal
        );
        foreach (string argument in (string[])["-euo", "pipefail", "-c", built])
            start.ArgumentList.Add(argument);
        start.Environment["PATH"] =
            Path.Combine(TestData.Root, "artifacts", "bin", "Graft.Cli", "release")
            + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        start.Environment["GRAFT_CACHE"] = Path.Combine(_folder, ".cache");
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> written = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            logged = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(s_longest))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return (process.ExitCode, written.Result + logged.Result);
    }

    private static string Tail(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(8));
}
