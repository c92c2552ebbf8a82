using System.Globalization;
using System.Text.RegularExpressions;

namespace Graft.Tests.Samples;

/// <summary>samples/CustomHead: a head and a pre-training objective from outside the assembly are trained, saved and asked.</summary>
[Trait("Category", "Slow")]
public sealed class CustomHeadTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AHeadAndAnObjectiveRegisteredByCodeAreTrainedSavedAndLoaded()
    {
        string output = SampleProgram.Run("CustomHead", "samples", Path.Combine("models", "graft-small"), _folder.Path);
        Assert.Matches(@"(?m)^comb: [1-9]\d* tokens, loss \d", output);
        double accuracy = double.Parse(Regex.Match(output, @"accuracy (\d\.\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(accuracy > 0.6, output);
        Assert.Contains("predicted: complaint", output, StringComparison.Ordinal);
        string pretraining = File.ReadAllText(Path.Combine(_folder.Path, "domain", "graft.json"));
        Assert.Contains("\"objective\": \"comb\"", pretraining, StringComparison.Ordinal);
        string config = File.ReadAllText(Path.Combine(_folder.Path, "opinion", "config.json"));
        Assert.Contains("ForMeanAndMax\"", config, StringComparison.Ordinal);
    }
}
