using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

public sealed class HalfPrecisionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-half-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FloatsAreRoundedToTheNearestHalfAndOthersKept()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        float[] weights = [0, 1, -2.5f, 1 + (1f / 2048), 0.1f, 65504, 1e-9f];
        SafetensorsWriter.Write(
            path,
            [
                TensorToWrite.FromSingles("weight", [weights.Length], weights),
                TensorToWrite.FromInt64s("positions", [3], (long[])[1, 2, 1L << 40]),
            ],
            SafetensorsWriter.PyTorchMetadata
        );
        long before = new FileInfo(path).Length;
        HalfPrecision.Rewrite(path);
        Assert.Equal(before - (2 * weights.Length), new FileInfo(path).Length, tolerance: 8); // the header is padded to eight bytes
        using Checkpoint half = Checkpoint.Open(path);
        Assert.Equal(ElementType.F16, half["weight"].Type);
        Assert.Equal(weights.Select(value => (float)(Half)value), half["weight"].ToSingles());
        Assert.Equal([1, 2, 1L << 40], half["positions"].ToInt64s());
        Assert.Equal("pt", half.Metadata["format"]);
        HalfPrecision.Rewrite(path);
        using Checkpoint again = Checkpoint.Open(path);
        Assert.Equal(weights.Select(value => (float)(Half)value), again["weight"].ToSingles());
    }
}
