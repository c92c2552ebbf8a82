using System.Text;
using System.Text.Json.Nodes;
using Graft.Checkpoints;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Inference.StaticVectors;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tests.Checkpoints;

namespace Graft.Tests.Inference;

/// <summary>
/// Static vectors in the layouts of model2vec and sentence-transformers; expected numbers are computed by hand from their definition.
/// </summary>
public sealed class StaticVectorTests
{
    // [UNK] a good bad film: a word-level tokenizer whose tokens have 5, 1, 4, 3 and 4 characters; the median is 4.
    private const string Vocabulary = """{"[UNK]":0,"a":1,"good":2,"bad":3,"film":4}""";
    private static readonly float[] s_vectors = [9, 9, 1, 0, 0, 2, 0, -2, 3, 4];

    [Fact]
    public void AModel2VecFolderAveragesKnownTokensAndDropsTheUnknownOne()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: false);
        using Embedder embedder = Embedder.Load(folder.Path);
        Assert.Equal([4 / 3f, 2], embedder.Embed("a good film"));
        Assert.Equal([0.5f, 1], embedder.Embed("a never heard good")); // (1, 0) and (0, 2); the unknown words count nothing
        Assert.Equal([0, 0], embedder.Embed("never heard"));
        Assert.Equal([0, 0], embedder.Embed(""));
        Assert.False(embedder.Normalizes);
    }

    [Fact]
    public void NormalizedVectorsHaveLengthOne()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: true);
        using Embedder embedder = Embedder.Load(folder.Path);
        Assert.Equal([0.6f, 0.8f], embedder.Embed("film"));
        Assert.Equal([0, 0], embedder.Embed("unheard"));
        using Embedder plain = Embedder.Load(folder.Path, new EmbedderOptions { Normalize = false });
        Assert.Equal([3, 4], plain.Embed("film"));
    }

    [Fact]
    public void MappingAndWeightsOfNewerVersionsAreFollowed()
    {
        using TemporaryFolder folder = new();
        Write(folder.Path, [1, 0, 0, 2], 2, mapping: [0, 0, 1, 1, 0], weights: [1, 2, 3, 4, 5]);
        Config(folder.Path, normalize: false);
        using Embedder embedder = Embedder.Load(folder.Path);
        Assert.Equal([1, 3], embedder.Embed("a good")); // 2 · (1, 0) and 3 · (0, 2)
        Assert.Equal([2.5f, 4], embedder.Embed("bad film")); // 4 · (0, 2) and 5 · (1, 0)
    }

    [Fact]
    public void Model2VecCutsATextByCharactersFirstAndThenByTokens()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: false);
        using Embedder embedder = Embedder.Load(folder.Path, new EmbedderOptions { MaxLength = 3 });
        Assert.Equal([1, 0], embedder.Embed("a a a a film")); // 12 characters hold all tokens; three of them count
        TextEmbeddings cut = embedder.Embed(["xxxxxxxxxxxx film", "a film"]);
        Assert.Equal([0, 0], cut.Vectors[0]); // 3 · 4 characters: the film is beyond them
        Assert.Equal(1, cut.Cut);
    }

    [Fact]
    public void ASentenceTransformersFolderCountsEveryTokenAndKnowsNoLimit()
    {
        using TemporaryFolder folder = new();
        string inside = Path.Combine(folder.Path, "0_StaticEmbedding");
        Write(inside, s_vectors, 2, name: "embedding.weight");
        Modules(folder.Path, ("0_StaticEmbedding", "sentence_transformers.models.StaticEmbedding"));
        using (Embedder embedder = Embedder.Load(folder.Path))
        {
            Assert.Equal([5, 4.5f], embedder.Embed("a unheard"));
            Assert.Equal([3, 4], embedder.Embed(string.Join(' ', Enumerable.Repeat("film", 5_000))));
        }

        Modules(folder.Path, ("0_StaticEmbedding", "StaticEmbedding"), ("1_Normalize", "sentence_transformers.models.Normalize"));
        using (Embedder embedder = Embedder.Load(folder.Path)) Assert.Equal([0.6f, 0.8f], embedder.Embed("film"));
        Modules(folder.Path, ("0_StaticEmbedding", "StaticEmbedding"), ("1_Dense", "sentence_transformers.models.Dense"));
        Assert.Contains("Dense", Assert.Throws<InputException>(() => Embedder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AWrittenFolderIsReadAsItWas()
    {
        using TemporaryFolder source = new(), folder = new();
        Model2Vec(source.Path, normalize: true);
        StaticFolder read = StaticFolder.Read(source.Path);
        StaticFolder.Write(
            folder.Path,
            read.Table,
            File.ReadAllBytes(Path.Combine(source.Path, "tokenizer.json")),
            new JsonObject { ["sif_coefficient"] = 1e-4 }
        );
        StaticFolder again = StaticFolder.Read(folder.Path);
        Assert.Equal(read.Table.Vectors.ToArray(), again.Table.Vectors.ToArray());
        Assert.True(again.Table.Normalizes);
        Assert.Equal(0, again.Table.Dropped);
        Assert.Equal(4, again.CharactersAToken);
        Assert.Contains("1_Normalize", File.ReadAllText(Path.Combine(folder.Path, "modules.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmbeddingAllocatesNothing()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: true);
        using Embedder embedder = Embedder.Load(folder.Path);
        float[] vector = new float[2];
        string text = string.Join(' ', Enumerable.Repeat("a good unheard film", 20));
        for (int i = 0; i < 100; i++) embedder.Embed(text, vector);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) embedder.Embed(text, vector);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(embedder.Embed(text), vector);
        Assert.Throws<ArgumentException>(() => embedder.Embed("a", new float[1]));
    }

    [Fact]
    public void ManyThreadsGetTheSameVectors()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: true);
        using Embedder embedder = Embedder.Load(folder.Path);
        string[] texts =
        [
            .. Enumerable
                .Range(0, 200)
                .Select(i => string.Join(' ', new[] { "a", "good", "bad", "film" }.Where((_, bit) => (i >> bit & 1) == 1))),
        ];
        float[][] alone = [.. texts.Select(embedder.Embed)],
            together = new float[texts.Length][];
        Parallel.For(0, texts.Length, i => together[i] = embedder.Embed(texts[i]));
        Assert.Equal(alone, together);
    }

    [Fact]
    public void AClassifierBesideTheVectorsAnswersAndTheFolderStillEmbeds()
    {
        using TemporaryFolder folder = new();
        Model2Vec(folder.Path, normalize: false, labels: ["bad", "good"]);
        new VectorClassifier(new LinearClassifier([0, -1, 0, 1], [0, 0.5f])).Write(folder.Path); // by the second value of a text's vector
        new RunManifest { Task = "text-classification", Labels = ["bad", "good"], IsFinished = true }.Write(folder.Path);
        using Predictor predictor = Predictor.Load(folder.Path);
        Assert.Equal("good", predictor.Predict("good film").Answer);
        Assert.Equal("bad", predictor.Predict("a bad bad unheard").Answer);
        using Embedder embedder = Embedder.Load(folder.Path);
        Assert.Equal([3, 4], embedder.Embed("film"));
        new VectorClassifier(new LinearClassifier(new float[3], new float[1])).Write(folder.Path);
        Assert.Contains(
            "do not fit 2 labels",
            Assert.Throws<InputException>(() => Predictor.Load(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void APairIsReadAsItsTwoVectorsTheirDistanceAndTheirProduct()
    {
        StaticTable table = new(s_vectors, 2);
        float[] read = new float[8];
        VectorClassifier.Read(table, [1, 4, 2, 3], [0, 0, 1, 1], read);
        Assert.Equal([2, 2, 0, 0, 2, 2, 0, 0], read);
        VectorClassifier.Read(table, [1, 4], [0, 1], read);
        Assert.Equal([1, 0, 3, 4, 2, 4, 3, 0], read);
    }

    [Theory]
    [InlineData("short", "vectors of 4 tokens, its tokenizer has 5")]
    [InlineData("mapping", "names row 7 of 5")]
    [InlineData("weights", "2 values for 5 tokens")]
    [InlineData("tokenizer", "tokenizer.json")]
    public void WhatDoesNotFitIsRefusedInOneLine(string kind, string expected)
    {
        using TemporaryFolder folder = new();
        Write(
            folder.Path,
            kind == "short" ? s_vectors[..8] : s_vectors,
            2,
            mapping: kind == "mapping" ? [0, 1, 2, 3, 7] : null,
            weights: kind == "weights" ? [1, 1] : null
        );
        Config(folder.Path, normalize: true);
        if (kind == "tokenizer") File.Delete(Path.Combine(folder.Path, "tokenizer.json"));
        Assert.Contains(expected, Assert.Throws<InputException>(() => Embedder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    internal static void Model2Vec(string folder, bool normalize, string[]? labels = null)
    {
        Write(folder, s_vectors, 2);
        Config(folder, normalize, labels);
    }

    private static void Config(string folder, bool normalize, string[]? labels = null)
    {
        JsonObject config = new() { ["model_type"] = "model2vec", ["normalize"] = normalize };
        if (labels is not null)
            config["id2label"] = new JsonObject(labels.Select((label, i) => KeyValuePair.Create($"{i}", (JsonNode?)label)));
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
    }

    private static void Modules(string folder, params (string Path, string Type)[] modules) =>
        File.WriteAllText(
            Path.Combine(folder, "modules.json"),
            new JsonArray([
                .. modules.Select(
                    (module, i) =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["idx"] = i,
                                ["name"] = $"{i}",
                                ["path"] = module.Path,
                                ["type"] = module.Type,
                            }
                ),
            ]).ToJsonString()
        );

    private static void Write(
        string folder,
        float[] vectors,
        int width,
        string name = "embeddings",
        long[]? mapping = null,
        float[]? weights = null
    )
    {
        Directory.CreateDirectory(folder);
        List<TensorToWrite> tensors = [TensorToWrite.FromSingles(name, [vectors.Length / width, width], vectors)];
        if (mapping is not null) tensors.Add(TensorToWrite.FromInt64s("mapping", [mapping.Length], mapping));
        if (weights is not null) tensors.Add(TensorToWrite.FromSingles("weights", [weights.Length], weights));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        string tokenizer = """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},
            "post_processor":null,"decoder":null,
            "model":{"type":"WordLevel","vocab":VOCABULARY,"unk_token":"[UNK]"}}
            """.Replace("VOCABULARY", Vocabulary, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer, new UTF8Encoding(false));
    }
}
