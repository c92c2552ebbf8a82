using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

/// <summary>The reader and writer against files of the reference library.</summary>
public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WritingWhatWasReadGivesTheReferenceLibrarysFileByteForByte()
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(TestData.Shared("parity"), "model*.safetensors", SearchOption.AllDirectories)
                .Where(IsWrittenByTheReference),
        ];
        Assert.True(files.Length > 20);
        foreach (string file in files)
        {
            using Checkpoint checkpoint = SafetensorsReader.Open(file);
            string copy = _folder.File("copy.safetensors");
            SafetensorsWriter.Write(copy, checkpoint.Tensors.Reverse().Select(TensorToWrite.From), checkpoint.Metadata);
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(copy)), file);
        }
    }

    [Fact]
    public void EveryElementTypeSurvivesTheRoundTrip()
    {
        string path = _folder.File("types.safetensors");
        TensorToWrite[] tensors =
        [
            .. Enum.GetValues<ElementType>()
                .Select(type => new TensorToWrite($"t.{type}", type, [2, 3], stream =>
                    stream.Write(Enumerable.Range(1, 6 * type.Size()).Select(i => (byte)i).ToArray())
                )),
        ];
        SafetensorsWriter.Write(path, tensors);

        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.Equal("pt", checkpoint.Metadata["format"]);
        Assert.Equal(tensors.Length, checkpoint.Tensors.Count);
        foreach (StoredTensor tensor in checkpoint.Tensors)
        {
            Assert.Equal($"t.{tensor.Type}", tensor.Name);
            Assert.Equal([2, 3], tensor.Shape.ToArray());
            Assert.Equal(Enumerable.Range(1, 6 * tensor.Type.Size()).Select(i => (byte)i), tensor.Bytes.ToArray());
        }
    }

    [Fact]
    public void ScalarsEmptyTensorsAndOddNamesSurviveTheRoundTrip()
    {
        string path = _folder.File("odd.safetensors");
        const string odd = "größe \"quoted\" \\ 模型 \u0001 😀";
        SafetensorsWriter.Write(
            path,
            [TensorToWrite.FromSingles(odd, [], new float[] { 7 }), TensorToWrite.FromInt64s("empty", [3, 0], Array.Empty<long>())]
        );
        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.Equal([7f], checkpoint[odd].ToSingles());
        Assert.Equal([3, 0], checkpoint["empty"].Shape.ToArray());
        Assert.Empty(checkpoint["empty"].ToInt64s());
    }

    [Fact]
    public void AFileWithoutTensorsIsValid()
    {
        string path = _folder.File("none.safetensors");
        SafetensorsWriter.Write(path, []);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.Empty(checkpoint.Tensors);
    }

    [Fact]
    public void ShardsAreJoinedThroughTheirIndex()
    {
        using Checkpoint sharded = Checkpoint.Open(TestData.Shared("parity", "checkpoints", "safetensors-sharded"));
        using Checkpoint whole = Checkpoint.Open(TestData.Shared("parity", "bert-masked-lm"));
        Assert.Equal(3, sharded.Files.Count());
        Assert.Equal(whole.Names.Order(StringComparer.Ordinal), sharded.Names.Order(StringComparer.Ordinal));
        Assert.All(sharded.Tensors, tensor => Assert.Equal(whole[tensor.Name].Shape.ToArray(), tensor.Shape.ToArray()));
    }

    [Fact]
    public void AMixedFileShowsEveryTypeAndConvertsOnRequest()
    {
        using Checkpoint mixed = Checkpoint.Open(TestData.Shared("parity", "checkpoints", "safetensors-mixed"));
        Assert.Equal("by hand", mixed.Metadata["made"]);
        Assert.Equal(3, mixed["extra.i64"].ToInt64s().Length);
        Assert.Equal(ElementType.F64, mixed["extra.f64"].Type);
        Assert.Throws<CheckpointException>(() => mixed["extra.f64"].ToInt64s());
    }

    [Fact]
    public void AKeyThatIsNotThereIsNamed()
    {
        using Checkpoint checkpoint = Checkpoint.Open(TestData.Shared("parity", "malformed", "good.safetensors"));
        CheckpointException error = Assert.Throws<CheckpointException>(() => checkpoint["c"]);
        Assert.EndsWith("holds no tensor named c", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATensorThatWritesTooLittleLeavesNoFile()
    {
        string path = _folder.File("short.safetensors");
        Assert.Throws<InvalidOperationException>(() =>
            SafetensorsWriter.Write(path, [new TensorToWrite("a", ElementType.F32, [2], stream => stream.WriteByte(1))])
        );
        Assert.Empty(_folder.Files());
    }

    /// <summary>Files made by hand, with another order of keys, are valid but are not how the library writes.</summary>
    private static bool IsWrittenByTheReference(string path) =>
        !path.Contains("malformed", StringComparison.Ordinal) && !path.Contains("safetensors-mixed", StringComparison.Ordinal);
}
