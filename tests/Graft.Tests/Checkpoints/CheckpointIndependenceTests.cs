namespace Graft.Tests.Checkpoints;

/// <summary>Inspecting a file must never load libtorch: it is slow to start, and a hostile file should meet as little code as possible.</summary>
public sealed class CheckpointIndependenceTests
{
    [Fact]
    public void No_reader_or_writer_mentions_torch()
    {
        string[] sources = Directory.GetFiles(Path.Combine(TestData.Root, "src", "Graft", "Checkpoints"), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(sources);
        foreach (string source in sources)
        {
            string text = File.ReadAllText(source);
            Assert.False(text.Contains("TorchSharp", StringComparison.Ordinal) || text.Contains("Graft.Torch", StringComparison.Ordinal), source);
        }
    }
}
