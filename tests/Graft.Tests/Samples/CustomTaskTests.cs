using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Tests.Tasks;

namespace Graft.Tests.Samples;

[Trait("Category", "Slow")]
public sealed class CustomTaskTests
{
    [Fact]
    public void ATaskOfOnesOwnIsTrainedMeasuredAndAsked()
    {
        using TinyBert folder = new();
        string run = folder.PathOf("verdict"),
            output = SampleProgram.Run("CustomTask", Path.Combine("samples", "reviews"), Path.Combine("models", "graft-small"), run);
        double accuracy = double.Parse(
            Regex.Match(output, "^test: accuracy (?<accuracy>[0-9.]+), undecided [0-9.]+", RegexOptions.Multiline).Groups["accuracy"].Value,
            CultureInfo.InvariantCulture
        );
        Assert.True(accuracy > 0.62, output);
        Assert.Contains("predicted: complaint", output, StringComparison.Ordinal);
        Assert.Contains("\"undecided\"", File.ReadAllText(Path.Combine(run, "metrics.json")), StringComparison.Ordinal);
    }
}
