using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

/// <summary>Original TensorFlow checkpoints against the same weights in safetensors.</summary>
public sealed class TensorFlowReaderTests
{
    [Theory]
    [InlineData("tensorflow-pretraining", "bert-pretraining")]
    [InlineData("tensorflow-masked-lm", "bert-masked-lm")]
    public void WeightsEqualThoseOfThePytorchCheckpoint(string tensorFlow, string pyTorch)
    {
        using Checkpoint translated = Checkpoint.Open(TestData.Shared("parity", "checkpoints", tensorFlow));
        using Checkpoint expected = Checkpoint.Open(TestData.Shared("parity", pyTorch));
        Assert.Equal(CheckpointFormat.TensorFlow, translated.Format);
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), translated.Names.Order(StringComparer.Ordinal));
        foreach (StoredTensor tensor in expected.Tensors)
        {
            Assert.Equal(tensor.Shape.ToArray(), translated[tensor.Name].Shape.ToArray());
            Assert.True(tensor.ToSingles().AsSpan().SequenceEqual(translated[tensor.Name].ToSingles()), tensor.Name);
        }
    }

    [Fact]
    public void TheReaderItselfKeepsTensorflowsNamesAndSlots()
    {
        using Checkpoint raw = TensorFlowReader.Open(
            Path.Combine(TestData.Shared("parity", "checkpoints", "tensorflow-pretraining"), "bert_model.ckpt")
        );
        Assert.Contains("global_step", raw.Names);
        Assert.Contains("bert/pooler/dense/kernel/adam_m", raw.Names);
    }

    [Fact]
    public void TheIndexOfAPublishedCheckpointIsReadWithoutItsData()
    {
        TensorFlowIndex index = TensorFlowIndex.Read(
            TestData.Shared("fixtures", "google-bert", "tf-checkpoint-index", "bert_model.ckpt.index")
        );
        Assert.Equal(1, index.ShardCount);
        TensorFlowEntry words = Assert.Single(index.Entries, entry => entry.Name == "bert/embeddings/word_embeddings");
        Assert.Equal(2, words.Shape.Length);
        Assert.Equal(ElementType.F32, words.Type);
        Assert.All(index.Entries, entry => Assert.NotNull(TensorFlowBertNames.ToPyTorch(entry.Name)));
    }

    [Fact]
    public void AnIndexWithoutItsDataNamesTheMissingFile()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() =>
            Checkpoint.Open(TestData.Shared("fixtures", "google-bert", "tf-checkpoint-index"))
        );
        Assert.EndsWith("bert_model.ckpt.data-00000-of-00001: no such file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AChangedWeightIsFoundByItsChecksum()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(TestData.Shared("parity", "checkpoints", "tensorflow-masked-lm"), "bert_model*"))
            File.WriteAllBytes(folder.File(Path.GetFileName(file)), File.ReadAllBytes(file));
        using (FileStream data = File.OpenWrite(folder.File("bert_model.ckpt.data-00000-of-00001")))
        {
            data.Position = data.Length / 2;
            data.Write([1, 2, 3, 4]);
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder.File("bert_model.ckpt"));
        CheckpointException error = Assert.Throws<CheckpointException>(() => checkpoint.Tensors.Sum(tensor => tensor.ToSingles().Length));
        Assert.Contains("do not match their checksum", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert/encoder/layer_11/attention/self/query/kernel", "bert.encoder.layer.11.attention.self.query.weight")]
    [InlineData("bert/encoder/layer_3/output/LayerNorm/gamma", "bert.encoder.layer.3.output.LayerNorm.weight")]
    [InlineData("bert/embeddings/LayerNorm/beta", "bert.embeddings.LayerNorm.bias")]
    [InlineData("bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings.weight")]
    [InlineData("bert/pooler/dense/bias", "bert.pooler.dense.bias")]
    [InlineData("cls/predictions/transform/dense/kernel", "cls.predictions.transform.dense.weight")]
    [InlineData("cls/predictions/output_bias", "cls.predictions.bias")]
    [InlineData("cls/seq_relationship/output_weights", "cls.seq_relationship.weight")]
    [InlineData("output_weights", "classifier.weight")]
    [InlineData("bert/pooler/dense/bias/adam_m", null)]
    [InlineData("global_step", null)]
    public void NamesBecomeThoseOfPytorch(string tensorFlow, string? expected) =>
        Assert.Equal(expected, TensorFlowBertNames.ToPyTorch(tensorFlow));

    [Fact]
    public void TheChecksumIsCastagnolis() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
}
