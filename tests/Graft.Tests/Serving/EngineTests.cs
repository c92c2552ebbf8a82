using System.Text.Json.Nodes;
using Graft.Export;
using Graft.Graphs;
using Graft.Inference;
using Graft.Serving;
using Graft.Serving.Queue;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Inference;
using Graft.Torch.Compute;

namespace Graft.Tests.Serving;

/// <summary>Every engine behind the server: exported models, static vectors, libtorch; alone and in company.</summary>
public sealed class EngineTests
{
    private static readonly string[] s_texts =
    [
        .. Enumerable.Range(0, 24).Select(i => string.Concat(Enumerable.Repeat(i % 3 == 0 ? "the film was good " : "bad ", 1 + (i % 9)))),
    ];

    [Theory]
    [InlineData(OnnxPrecision.Fp32)]
    [InlineData(OnnxPrecision.Fp16)]
    public async Task ExportedModelsAnswerAsTheLibraryDoesWhateverIsAskedBesideThem(OnnxPrecision precision)
    {
        await using TestServer server = await TestServer.StartAsync(server => new ServingOptions
        {
            Models =
            [
                Exported(server, "text-classification", precision),
                Exported(server, "embedding", precision),
            ],
            ReloadInterval = TimeSpan.Zero,
        });
        using Predictor predictor = Predictor.Load(Path.Combine(server.Folder, "text-classification-onnx"));
        using Embedder embedder = Embedder.Load(Path.Combine(server.Folder, "embedding-onnx"));
        (int Status, JsonNode? Json)[] classes = await Task.WhenAll(
            s_texts.Select(text => server.PostAsync("/predict", new JsonObject { ["inputs"] = text }.ToJsonString()))
        );
        (int Status, JsonNode? Json)[] vectors = await Task.WhenAll(
            s_texts.Select(text => server.PostAsync("/embed", new JsonObject { ["inputs"] = text, ["normalize"] = false }.ToJsonString()))
        );
        for (int i = 0; i < s_texts.Length; i++)
        {
            ClassPrediction expected = predictor.Predict<ClassPrediction>(s_texts[i]);
            Assert.Equal(200, classes[i].Status);
            Assert.Equal((float)expected.Probabilities[expected.Class], (float)classes[i].Json![0]!["score"]!);
            Assert.Equal(embedder.Embed(s_texts[i]), vectors[i].Json![0]!.AsArray().Select(value => (float)value!));
        }

        Assert.Equal(424, (await server.PostAsync("/embed_all", """{"inputs": "good"}""")).Status);
    }

    [Fact]
    public async Task StaticModelsAnswerAsTheLibraryDoes()
    {
        await using TestServer server = await TestServer.StartAsync(server =>
        {
            string folder = Directory.CreateDirectory(Path.Combine(server.Folder, "static")).FullName;
            StaticVectorTests.Model2Vec(folder, normalize: false);
            return new ServingOptions { Models = [new ModelSource("static", folder)], ReloadInterval = TimeSpan.Zero };
        });
        using Embedder embedder = Embedder.Load(Path.Combine(server.Folder, "static"));
        (int status, JsonNode? json) = await server.PostAsync(
            "/embed",
            """{"inputs": ["a good film", "bad film"], "normalize": false}"""
        );
        Assert.Equal(200, status);
        Assert.Equal(embedder.Embed("a good film"), json![0]!.AsArray().Select(value => (float)value!));
        Assert.Equal(embedder.Embed("bad film"), json[1]!.AsArray().Select(value => (float)value!));
        (status, json) = await server.PostAsync("/embed_all", """{"inputs": "a good film"}""");
        Assert.Equal((424, "Backend"), (status, (string?)json!["error_type"]));
    }

    [Fact]
    public void WhatDependsOnItsCompanyComputesOneTextAtATime()
    {
        Crowded engine = new();
        engine.Compare([(0, Length(3)), (0, Length(9))], 1e-5f);
        Assert.True(engine.SharesBatches);
        engine.Compare([(0, Length(3)), (0, Length(9))], 0);
        Assert.False(engine.SharesBatches);
    }

    /// <summary>
    /// All lengths up to three times the sixteen rows below which products are computed otherwise, on one thread and on two.
    /// </summary>
    [Theory]
    [InlineData(1, MatrixLibrary.OneDnn)]
    [InlineData(2, MatrixLibrary.OneDnn)]
    [InlineData(1, MatrixLibrary.Mkl)]
    [InlineData(2, MatrixLibrary.Mkl)]
    public void AVectorHasTheSameBitsInAnyCompany(int threads, MatrixLibrary library)
    {
        string folder = TestData.Shared("models", "all-MiniLM-L6-v2");
        ComputeContext compute = new() { Threads = threads, Library = library };
        using Embedder embedder = Embedder.Load(folder, new EmbedderOptions { SameBits = true, Compute = compute });
        string[] texts = [.. Enumerable.Range(1, 48).Select(words => string.Join(' ', Enumerable.Repeat("film", words)))];
        IReadOnlyList<float[]> together = embedder.Embed(texts).Vectors;
        for (int i = 0; i < texts.Length; i++) Assert.Equal(together[i], embedder.Embed(texts[i]));
        IReadOnlyList<float[]> some = embedder.Embed(texts[5..9]).Vectors;
        for (int i = 0; i < some.Count; i++) Assert.Equal(together[5 + i], some[i]);
    }

    private static ModelSource Exported(TestServer server, string task, OnnxPrecision precision)
    {
        string folder = Path.Combine(server.Folder, task + "-onnx");
        OnnxExporter.Export(server.Create(task), folder, new OnnxExportOptions { Precision = precision });
        return new ModelSource(task, folder);
    }

    private static Feature Length(int tokens) => new() { Example = 0, Ids = new int[tokens], TypeIds = new int[tokens] };

    /// <summary>Scores change in the sixth digit with the number of texts.</summary>
    private sealed class Crowded : FeatureEngine
    {
        public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch) =>
            [.. batch.Select(entry => new FeatureScores([entry.Feature.Ids.Length + (batch.Count * 1e-6f)], 1))];
    }
}
