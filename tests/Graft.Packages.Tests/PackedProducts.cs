using System.Reflection;
using System.Text.RegularExpressions;

namespace Graft.Packages.Tests;

/// <summary>
/// The packages, in a folder that serves as their feed, made once for all tests (or those of GRAFT_TEST_FEED, which a release has made),
/// and a cache of packages that holds nothing of Graft; what else a project needs comes from the cache of the machine or its usual sources.
/// </summary>
public sealed partial class PackedProducts : IDisposable
{
    /// <summary>What each test project gets: the packages a user's project names.</summary>
    private static readonly string[] s_projects =
    [
        "Graft.Tokenizers",
        "Graft.Core",
        "Graft",
        "Graft.Onnx",
        "Graft.Serving",
        "Graft.Models.Small",
        "Graft.Templates",
    ];

    private static readonly string? s_fallback = Environment.GetEnvironmentVariable("NUGET_FALLBACK_PACKAGES");

    private readonly string _root = Directory.CreateTempSubdirectory("graft-packages-").FullName;
    private readonly Dictionary<string, string?> _environment;
    private readonly string _others;
    private readonly string _machine;
    private bool _toolIsPacked;

    public PackedProducts()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string? set = Environment.GetEnvironmentVariable("NUGET_PACKAGES");
        _machine = set is { Length: > 0 } ? set : Path.Combine(home, ".nuget", "packages");
        _environment = new(StringComparer.Ordinal)
        {
            ["NUGET_PACKAGES"] = Path.Combine(_root, "cache"),
            ["NUGET_FALLBACK_PACKAGES"] = s_fallback is null ? _machine : $"{_machine};{s_fallback}",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["NuGetAudit"] = "false",                // asks the network at every restore
            ["MSBUILDDISABLENODEREUSE"] = "1",       // nothing stays behind in a folder that goes
            ["UseSharedCompilation"] = "false",
        };
        string listed = Run(_root, "dotnet", "nuget", "list", "source").Output;
        _others = string.Concat(SourceName().Matches(listed).Select(match =>
            $"""<packageSource key="{match.Groups["name"].Value}"><package pattern="*" /></packageSource>"""));
        string? made = Environment.GetEnvironmentVariable("GRAFT_TEST_FEED");
        Feed = made ?? Path.Combine(_root, "feed");
        _toolIsPacked = made is not null;
        if (made is null)
        {
            foreach (string project in s_projects) Pack(project, "--no-build");
        }
    }

    /// <summary>The folder of the packages.</summary>
    public string Feed { get; }

    /// <summary>A value that the build of the tests was given.</summary>
    public static string Fact(string name) =>
        typeof(PackedProducts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(fact => fact.Key == name).Value!;

    /// <summary>The tool's package, which takes a minute, only where a test asks for it.</summary>
    public void RequireTool()
    {
        if (!_toolIsPacked) Pack("Graft.Cli");
        _toolIsPacked = true;
    }

    /// <summary>An empty folder whose packages named Graft… come from the feed and from nowhere else.</summary>
    public string NewFolder(string name)
    {
        string folder = Path.Combine(_root, "work", name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <packageSources><add key="graft" value="{Feed}" /></packageSources>
              <packageSourceMapping><packageSource key="graft"><package pattern="Graft*" /></packageSource>{_others}</packageSourceMapping>
            </configuration>
            """);
        return folder;
    }

    /// <summary>Runs a program; a test whose packages can neither be found nor fetched is skipped.</summary>
    internal ProcessRun Run(string folder, string program, params string[] arguments)
    {
        ProcessRun run = ProcessRun.Of(program, folder, _environment, arguments);
        if (run.ExitCode != 0 && run.Output.Contains("NU1301", StringComparison.Ordinal))
            Assert.Skip("a package is not on this machine, and its source cannot be reached");
        return run;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Pack(string project, params string[] options)
    {
        // The tree's own restore is used as it is: with the machine's cache.
        Dictionary<string, string?> environment = new(_environment, StringComparer.Ordinal)
        {
            ["NUGET_PACKAGES"] = _machine, ["NUGET_FALLBACK_PACKAGES"] = s_fallback,
        };
        using TreeBuild building = TreeBuild.Begin();
        ProcessRun run = ProcessRun
            .Of("dotnet", TestData.Root, environment, ["pack", Path.Combine("src", project), "--output", Feed, .. options])
            .Ok();
        Assert.DoesNotContain("warning", run.Output, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(
        @"^\s*\d+\.\s+(?<name>\S.*?)\s+\[",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SourceName();
}

/// <summary>Packed once for all tests, which run one after another: each builds.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesCollection : ICollectionFixture<PackedProducts>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "packages";
}
