using System.Text.RegularExpressions;
using Graft.Cli.Commands;

namespace Graft.Tests.Samples;

/// <summary>The unit and the manifest of <c>samples/deployment</c> start the server with flags that it has.</summary>
public sealed partial class DeploymentSampleTests
{
    private static string Folder => Path.Combine(TestData.Root, "samples", "deployment");

    [Theory]
    [InlineData("graft-serve.service")]
    [InlineData("kubernetes.yaml")]
    public void EveryFlagIsOneOfTheServers(string file)
    {
        string line = File.ReadLines(Path.Combine(Folder, file)).Single(line => Starts().IsMatch(line));
        string[] named = [.. Flag().Matches(line).Select(flag => flag.Value)],
            known = [.. ServeCommand.Create().Options.Select(option => option.Name)];
        Assert.True(named.Length > 3, line);
        Assert.All(named, flag => Assert.Contains(flag, known));
    }

    /// <summary>Time to drain is left on every level: the server's own 30 seconds, and what stops it waits longer.</summary>
    [Fact]
    public void WhatStopsItWaitsLongerThanItDrains()
    {
        Assert.Contains("TimeoutStopSec=40", File.ReadAllText(Path.Combine(Folder, "graft-serve.service")), StringComparison.Ordinal);
        Assert.Contains(
            "terminationGracePeriodSeconds: 40",
            File.ReadAllText(Path.Combine(Folder, "kubernetes.yaml")),
            StringComparison.Ordinal
        );
        Assert.Equal(30, new Graft.Serving.ServerOptions().DrainTime.TotalSeconds);
    }

    [GeneratedRegex(@"^(ExecStart=| *args:)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Starts();

    [GeneratedRegex("--[a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flag();
}
