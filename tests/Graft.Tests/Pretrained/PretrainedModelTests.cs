using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using Graft.Tests.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Pretrained;

public sealed class PretrainedModelTests
{
    [Theory]
    [InlineData("bert", "{}", 109_482_240)]
    [InlineData("bert", """{"vocab_size": 28996}""", 108_310_272)]
    [InlineData(
        "bert",
        """{"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}""",
        335_141_888
    )]
    [InlineData("bert", """{"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512}""", 4_385_920)]
    [InlineData("roberta", """{"max_position_embeddings": 514, "type_vocab_size": 1}""", 124_645_632)]
    [InlineData("distilbert", "{}", 66_362_880)]
    [InlineData("albert", """{"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}""", 11_683_584)]
    [InlineData("gpt2", "{}", 124_439_808)]
    public void PublishedSizesAreCounted(string family, string json, long parameters)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "config.json");
        File.WriteAllText(path, json[..^1] + (json == "{}" ? "" : ",") + $"\"model_type\": \"{family}\"}}");
        Assert.Equal(parameters, ModelInspection.Of(path).BackboneParameters);
    }

    [Fact]
    public void AFreshHeadIsDrawnFromTheSeedAndReported()
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        using (PretrainedModel language = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.MaskedLm)) language.Save(folder.Path);
        LoadOptions options = new() { Head = HeadKinds.SequenceClassification, Labels = ["no", "yes", "perhaps"], Seed = 7 };
        using PretrainedModel first = PretrainedModel.Load(folder.Path, options), second = PretrainedModel.Load(folder.Path, options);
        Assert.Equal(["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"], first.Report.Missing);
        Assert.Contains("cls.predictions.transform.dense.weight", first.Report.Unexpected);
        Assert.Equal(["no", "yes", "perhaps"], first.Config.Labels);
        Tensor weight = first.Parameters.First(p => p.Name == "classifier.weight").Value;
        Assert.Equal([3L, 24L], weight.shape);
        Assert.True(weight.Equals(second.Parameters.First(p => p.Name == "classifier.weight").Value));
        Assert.InRange(weight.std().item<float>(), 0.2f, 0.4f); // initializer_range 0.3
    }

    [Fact]
    public void AnotherModelTypeIsRefusedInOneLine()
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        using (PretrainedModel bert = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.None)) bert.Save(folder.Path);
        string path = Path.Combine(folder.Path, "config.json");
        string json = File.ReadAllText(path);
        File.WriteAllText(
            path,
            json.Replace("\"bert\"", "\"distilbert\"", StringComparison.Ordinal)
                .Replace("BertModel", "DistilBertModel", StringComparison.Ordinal)
        );
        AssertOneLine("do not belong together", folder.Path);
        File.WriteAllText(path, json.Replace("\"bert\"", "\"llama\"", StringComparison.Ordinal));
        AssertOneLine("llama", folder.Path);
        File.WriteAllText(path, json.Replace("\"hidden_size\": 24", "\"hidden_size\": 48", StringComparison.Ordinal));
        AssertOneLine("word_embeddings", folder.Path);
        File.WriteAllText(path, json.Replace("\"hidden_size\": 24", "\"hidden_size\": \"big\"", StringComparison.Ordinal));
        AssertOneLine("hidden_size", folder.Path);
        File.WriteAllText(path, json.Replace("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", StringComparison.Ordinal));
        AssertOneLine("heads", folder.Path);
        File.WriteAllText(path, json[..40]);
        AssertOneLine("not valid JSON", folder.Path);
    }

    [Fact]
    public void AClassifierOfOtherLabelsBeginsAnewOnlyWhenAsked()
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        using (
            PretrainedModel three = PretrainedModel.Create(
                TinyModels.Config("roberta").WithLabels(["a", "b", "c"]),
                HeadKinds.SequenceClassification
            )
        )
            three.Save(folder.Path);
        using (PretrainedModel two = PretrainedModel.Load(folder.Path, new LoadOptions { Labels = ["x", "y"] }))
            Assert.Equal(["classifier.out_proj.weight", "classifier.out_proj.bias"], two.Report.Mismatched);
        string path = Path.Combine(folder.Path, "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"2\": \"c\"", "\"2\": \"c\", \"3\": \"d\"", StringComparison.Ordinal));
        AssertOneLine("classifier.out_proj.weight", folder.Path);
    }

    [Fact]
    public void SparseRowsScoreAsAllRowsDo()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config("electra"), HeadKinds.MaskedLm, 3);
        EncoderInput input = TinyModels.Padded(4, 10, 10);
        ModelOutput output = model.Forward(input);
        Tensor rows = tensor(new long[] { 3, 17, 8 });
        Tensor sparse = ((LanguageModelHead)model.Head!).Score(output.States.LastHiddenState.reshape(20, -1).index_select(0, rows));
        Graft.Tests.Torch.TensorAssert.Close(output.Scores!.Logits!.reshape(20, -1).index_select(0, rows), sparse, 1e-5, "scores");
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("t5")]
    public void CachedGenerationStepsEqualOnePass(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(
            TinyModels.Config(family),
            family == "t5" ? HeadKinds.SequenceToSequence : HeadKinds.CausalLm,
            3
        );
        EncoderInput text = TinyModels.Padded(5, 9, 9) with { AttentionMask = null },
            target = TinyModels.Padded(6, 7, 7) with { AttentionMask = null };
        Tensor whole = model.Forward(family == "t5" ? text with { Decoder = target } : target).Scores!.Logits!;
        using KeyValueCache cache = new();
        Tensor? encoded = family == "t5" ? model.Backbone.Forward(text).LastHiddenState : null;
        for (int t = 0; t < 7; t++)
        {
            EncoderInput step = new() { InputIds = target.InputIds[.., t..(t + 1)], Cache = cache };
            Tensor logits = model.Forward(family == "t5" ? text with { Decoder = step, EncoderStates = encoded } : step).Scores!.Logits!;
            Graft.Tests.Torch.TensorAssert.Close(whole[.., t..(t + 1)], logits, 2e-5, $"{family}, token {t}");
        }
    }

    [Fact]
    public void SentenceTransformersFoldersEmbedAsPublished()
    {
        string folder = TestData.Shared("models", "all-MiniLM-L6-v2"), tasks = TestData.Shared("tasks", "stsb");
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Load(folder);
        Assert.Equal(HeadKinds.Embedding, model.HeadKind);
        Assert.True(((EmbeddingHead)model.Head!).Normalizes);
        using Checkpoint reference = Checkpoint.Open(Path.Combine(tasks, "minilm-embeddings.safetensors"));
        float[] expected = reference["text"].ToSingles();
        string[] texts = [.. File.ReadLines(Path.Combine(tasks, "test.tsv")).Skip(1).Take(100).Select(line => line.Split('\t')[0])];
        for (int i = 0; i < texts.Length; i++)
        {
            using DisposeScope one = NewDisposeScope();
            long[] ids = [.. model.Tokenizer.Encode(texts[i]).Ids.ToArray().Select(id => (long)id)];
            float[] vector = model
                .Forward(new EncoderInput { InputIds = tensor(ids).unsqueeze(0) })
                .Scores!.Logits!.data<float>()
                .ToArray();
            Assert.Equal(384, vector.Length);
            double cosine =
                vector.Select((value, j) => (double)value * expected[(i * 384) + j]).Sum()
                / Length(vector)
                / Length(expected.Skip(i * 384).Take(384));
            Assert.True(cosine >= 0.99999, $"“{texts[i]}”: cosine {cosine}");
        }
    }

    private static double Length(IEnumerable<float> vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    private static void AssertOneLine(string named, string folder)
    {
        InputException refused = Assert.ThrowsAny<InputException>(() => PretrainedModel.Load(folder).Dispose());
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
