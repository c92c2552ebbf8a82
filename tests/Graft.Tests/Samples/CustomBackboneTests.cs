namespace Graft.Tests.Samples;

/// <summary>samples/CustomBackbone: a family from outside the assembly is trained, saved and loaded.</summary>
[Trait("Category", "Slow")]
public sealed class CustomBackboneTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFamilyRegisteredByCodeIsTrainedSavedAndLoaded()
    {
        string output = SampleProgram.Run("CustomBackbone", TestData.Root, _folder.Path);
        Assert.Contains("accuracy", output, StringComparison.Ordinal);
        Assert.Contains("\"primer\"", File.ReadAllText(Path.Combine(_folder.Path, "run", "config.json")), StringComparison.Ordinal);
    }
}
