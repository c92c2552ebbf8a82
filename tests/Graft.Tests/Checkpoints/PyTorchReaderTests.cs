using System.Security.Cryptography;
using System.Text;
using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

/// <summary>Every published layout of pytorch_model.bin, against what PyTorch itself reads.</summary>
public sealed class PyTorchReaderTests
{
    /// <summary>The number of tensors, and SHA-256 over names in order, shapes and bytes, computed with torch.load.</summary>
    [Theory]
    [InlineData("checkpoints/bin-legacy/pytorch_model.bin", 44, "85242ed31fb13804d40ed717636209b40a5fbcc7d9546eb6ac752805fbb7093c")]
    [InlineData(
        "checkpoints/bin-sharded/pytorch_model-00001-of-00002.bin",
        20,
        "311210ba1c6baede60f2d0b2bf1ca81d37b9728dd5bc46a120dc7ded11f771ba"
    )]
    [InlineData(
        "checkpoints/bin-sharded/pytorch_model-00002-of-00002.bin",
        24,
        "b29d8cdbe9d208afbd44cc6a316fb8bfc5b95f413335fecd69e1b4b5bff5aa7c"
    )]
    [InlineData(
        "checkpoints/bin-zip-ordered-dict/pytorch_model.bin",
        44,
        "85242ed31fb13804d40ed717636209b40a5fbcc7d9546eb6ac752805fbb7093c"
    )]
    [InlineData("checkpoints/bin-zip/pytorch_model.bin", 45, "a20f430d78cb1b94783bfbcb8864eb5e9135900057582e01e1cf46f8d0955379")]
    [InlineData("checkpoints/old-names-bin/pytorch_model.bin", 44, "0dab3ea4a7d76b32a973c18abb178b509b26c8eaa2149a72e2ffa80c748983bf")]
    [InlineData("malformed/good-zip.bin", 2, "a80bf1a82c7eb1f30b080517d58c3f5ce1ecae3093df14e4a1f86d8f55dc1c60")]
    [InlineData("malformed/good-legacy.bin", 2, "a80bf1a82c7eb1f30b080517d58c3f5ce1ecae3093df14e4a1f86d8f55dc1c60")]
    public void NamesShapesAndBytesAreThoseThatTorchReads(string file, int count, string sha256)
    {
        using Checkpoint checkpoint = Checkpoint.Open(TestData.Shared(["parity", .. file.Split('/')]));
        Assert.Equal(CheckpointFormat.PyTorch, checkpoint.Format);
        Assert.Equal(count, checkpoint.Tensors.Count);
        Assert.Equal(sha256, Hash(checkpoint));
    }

    [Fact]
    public void AShardedCheckpointIsJoinedThroughItsIndex()
    {
        string folder = TestData.Shared("parity", "checkpoints", "bin-sharded");
        using Checkpoint whole = Checkpoint.Open(folder);
        using Checkpoint first = Checkpoint.Open(Path.Combine(folder, "pytorch_model-00001-of-00002.bin"));
        using Checkpoint second = Checkpoint.Open(Path.Combine(folder, "pytorch_model-00002-of-00002.bin"));
        Assert.Equal(first.Names.Concat(second.Names).Order(StringComparer.Ordinal), whole.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TiedTensorsLookIntoTheSameBytes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(TestData.Shared("parity", "checkpoints", "bin-zip"));
        ReadOnlySpan<byte> embeddings = checkpoint["bert.embeddings.word_embeddings.weight"].Bytes,
            decoder = checkpoint["cls.predictions.decoder.weight"].Bytes;
        Assert.True(embeddings == decoder, "the decoder was copied");
    }

    [Fact]
    public void ATransposedTensorIsGatheredInRowMajorOrder()
    {
        using Checkpoint checkpoint = Checkpoint.Open(TestData.Shared("parity", "checkpoints", "bin-zip-ordered-dict"));
        StoredTensor transposed = Assert.Single(checkpoint.Tensors, tensor => !tensor.IsContiguous);
        float[] rows = transposed.ToSingles(), columns = transposed.Transposed().ToSingles();
        int height = (int)transposed.Shape[0], width = (int)transposed.Shape[1];
        Assert.True(transposed.Transposed().IsContiguous);
        for (int i = 0; i < height * width; i++) Assert.Equal(columns[(i % width * height) + (i / width)], rows[i]);
    }

    private static string Hash(Checkpoint checkpoint)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (StoredTensor tensor in checkpoint.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            byte[] bytes = new byte[tensor.ByteCount];
            tensor.CopyBytesTo(bytes);
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}[{string.Join(", ", tensor.Shape.ToArray())}]"));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
