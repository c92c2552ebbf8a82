using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Serving;

/// <summary>Routes as their clients know them: shapes of requests, answers and errors, over one server with a model of each kind.</summary>
public sealed class RouteTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync([
            "embedding",
            "text-classification",
            "regression",
            "token-classification",
            "question-answering",
        ]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task VectorsAreThoseOfTheLibrary()
    {
        using Embedder embedder = Embedder.Load(Path.Combine(_server.Folder, "embedding"));
        float[] expected = embedder.Embed("the film was good .");
        (int status, JsonNode? json) = await _server.PostAsync(
            "/v1/embeddings",
            """{"input": ["bad", "the film was good ."], "model": "embedding", "encoding_format": "float", "user": "me"}"""
        );
        Assert.Equal((200, "list", "embedding"), (status, (string?)json!["object"], (string?)json["model"]));
        Assert.Equal([0, 1], json["data"]!.AsArray().Select(item => (int)item!["index"]!));
        float[] found = [.. json["data"]![1]!["embedding"]!.AsArray().Select(value => (float)value!)];
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.True((int)json["usage"]!["prompt_tokens"]! > 5);

        (_, json) = await _server.PostAsync(
            "/v1/embeddings",
            """{"input": "the film was good .", "model": "embedding", "encoding_format": "base64"}"""
        );
        float[] packed = MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)json!["data"]![0]!["embedding"]!)).ToArray();
        Assert.All(expected.Zip(packed), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        (_, json) = await _server.PostAsync("/embed", """{"inputs": "the film was good ."}""");
        Assert.Equal(1, json![0]!.AsArray().Sum(value => (double)value! * (double)value!), 1e-5);
        (_, json) = await _server.PostAsync(
            "/embed",
            """{"inputs": ["the film was good .", "bad"], "normalize": false, "truncate": true, "truncation_direction": "Left"}"""
        );
        Assert.All(expected.Zip(json![0]!.AsArray()), pair => Assert.Equal(pair.First, (float)pair.Second!, 1e-6f));
    }

    [Fact]
    public async Task ClassesRanksAndSimilaritiesHaveTheShapesOfTextEmbeddingsInference()
    {
        using Predictor predictor = Predictor.Load(Path.Combine(_server.Folder, "text-classification"));
        ClassPrediction expected = predictor.Predict<ClassPrediction>("the film was good .");
        (int status, JsonNode? json) = await _server.PostAsync(
            "/predict",
            """{"inputs": "the film was good .", "model": "text-classification"}"""
        );
        Assert.Equal(200, status);
        Assert.Equal(expected.Label, (string?)json![0]!["label"]);
        Assert.Equal(expected.Probabilities[expected.Class], (double)json[0]!["score"]!, 1e-6);
        Assert.Equal(3, json.AsArray().Count);

        (_, json) = await _server.PostAsync(
            "/predict",
            """{"inputs": [["the film was good ."], ["bad", "good"]], "raw_scores": true, "model": "text-classification"}"""
        );
        Assert.Equal(2, json!.AsArray().Count);
        Assert.Equal(expected.Logits.Max(), (double)json[0]![0]!["score"]!, 1e-5);

        (status, json) = await _server.PostAsync(
            "/rerank",
            """{"query": "who", "texts": ["the film was good .", "bad", "anna lives in rome"], "return_text": true}"""
        );
        Assert.Equal(200, status);
        double[] scores = [.. json!.AsArray().Select(rank => (double)rank!["score"]!)];
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal([0, 1, 2], json.AsArray().Select(rank => (int)rank!["index"]!).Order());
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        Assert.Equal("bad", (string?)json.AsArray().First(rank => (int)rank!["index"]! == 1)!["text"]);

        (_, json) = await _server.PostAsync(
            "/similarity",
            """{"inputs": {"source_sentence": "good", "sentences": ["good", "the film was bad"]},"""
                + """ "parameters": {"truncate": true, "truncation_direction": "Right"}}"""
        );
        Assert.Equal(1, (double)json![0]!, 1e-5);
        Assert.Equal(2, json.AsArray().Count);
    }

    [Fact]
    public async Task TokensAreThereAndBack()
    {
        (_, JsonNode? json) = await _server.PostAsync("/tokenize", """{"inputs": ["the film", "good"], "model": "embedding"}""");
        JsonArray tokens = json![0]!.AsArray();
        Assert.Equal(["[CLS]", "the", "film", "[SEP]"], tokens.Select(token => (string?)token!["text"]));
        Assert.Equal(
            (true, null, 4, 8),
            ((bool)tokens[0]!["special"]!, (int?)tokens[0]!["start"], (int?)tokens[2]!["start"], (int?)tokens[2]!["stop"])
        );
        string ids = $"[{string.Join(',', tokens.Select(token => (int)token!["id"]!))}]";
        (_, json) = await _server.PostAsync("/decode", $$"""{"ids": {{ids}}, "model": "embedding"}""");
        Assert.Equal(["the film"], json!.AsArray().Select(text => (string?)text));
        (_, json) = await _server.PostAsync(
            "/decode",
            $$"""{"ids": [{{ids}}, {{ids}}], "skip_special_tokens": false, "model": "embedding"}"""
        );
        Assert.Equal(["[CLS] the film [SEP]", "[CLS] the film [SEP]"], json!.AsArray().Select(text => (string?)text));
    }

    [Fact]
    public async Task EveryTokenHasAVectorAndTheirMeanIsTheTexts()
    {
        (int status, JsonNode? json) = await _server.PostAsync("/embed_all", """{"inputs": ["the film was good .", "bad"]}""");
        Assert.Equal(200, status);
        Assert.Equal([7, 3], json!.AsArray().Select(text => text!.AsArray().Count)); // [CLS] and [SEP] among them
        (_, JsonNode? pooled) = await _server.PostAsync("/embed", """{"inputs": ["the film was good .", "bad"], "normalize": false}""");
        for (int text = 0; text < 2; text++)
        {
            JsonArray tokens = json[text]!.AsArray();
            for (int column = 0; column < tokens[0]!.AsArray().Count; column++)
                Assert.Equal((double)pooled![text]![column]!, tokens.Average(token => (double)token![column]!), 1e-5);
        }

        string tooLong = string.Concat(Enumerable.Repeat("good ", 100));
        (status, json) = await _server.PostAsync("/embed_all", $$"""{"inputs": "{{tooLong}}"}""");
        Assert.Equal((413, "Validation"), (status, (string?)json!["error_type"]));
        (_, json) = await _server.PostAsync("/embed_all", $$"""{"inputs": "{{tooLong}}", "truncate": true}""");
        Assert.InRange(json![0]!.AsArray().Count, 3, 101);
        Assert.Equal(422, (await _server.PostAsync("/embed_all", """{"inputs": "good", "normalize": true}""")).Status);
    }

    [Fact]
    public async Task TagsAndAnswersAreThoseOfPredict()
    {
        using Predictor tags = Predictor.Load(Path.Combine(_server.Folder, "token-classification")),
            answers = Predictor.Load(Path.Combine(_server.Folder, "question-answering"));
        (int status, JsonNode? json) = await _server.PostAsync(
            "/v1/graft/tags",
            """{"inputs": ["anna lives in rome .", "good"], "truncate": false}"""
        );
        Assert.Equal(200, status);
        JsonObject expected = tags.Predict("anna lives in rome .").ToJson();
        Assert.Equal(expected["tags"]!.ToJsonString(), json!["predictions"]![0]!["tags"]!.ToJsonString());
        Assert.False((bool)json["predictions"]![0]!["truncated"]!);

        (status, json) = await _server.PostAsync(
            "/v1/graft/answers",
            """{"question": "where ?", "context": "anna lives in rome . the film was good ."}"""
        );
        Assert.Equal(200, status);
        Assert.Equal(
            (string?)answers.Predict("where ?", "anna lives in rome . the film was good .").ToJson()["answer"],
            (string?)json!["predictions"]![0]!["answer"]
        );

        (status, json) = await _server.PostAsync(
            "/v1/graft/predict",
            """{"inputs": {"text": "good", "pair": "bad"}, "model": "text-classification"}"""
        );
        Assert.Equal((200, "text-classification"), (status, (string?)json!["task"]));
    }

    [Theory]
    [InlineData("/embed", """{"input": "good"}""", 422, "inputs")]
    [InlineData("/embed", """{"inputs": 3}""", 422, "inputs")]
    [InlineData("/embed", """{"inputs": []}""", 400, "inputs")]
    [InlineData("/embed", """{"inputs": ["good", 3]}""", 422, "inputs[1]")]
    [InlineData("/embed", """{"inputs": "good", "normalise": true}""", 422, "normalise")]
    [InlineData("/embed", """{"inputs": "good", "normalize": "yes"}""", 422, "normalize")]
    [InlineData("/embed", """{"inputs": "good", "truncation_direction": "Up"}""", 422, "truncation_direction")]
    [InlineData("/embed", """{"inputs": [999999]}""", 422, "inputs[0]")]
    [InlineData("/embed", """{"inputs": "good", "model": "text-classification"}""", 424, "text-classification")]
    [InlineData("/embed", """{"inputs": "good", "model": "other"}""", 404, "other")]
    [InlineData("/embed", """{"inputs": "\ud800"}""", 422, "inputs")]
    [InlineData("/embed", """{"inputs": "good", "inputs": "bad"}""", 400, "JSON")]
    [InlineData("/embed", """[1, 2""", 400, "JSON")]
    [InlineData("/embed", "[]", 400, "object")]
    [InlineData("/predict", """{"inputs": ["a", "b", "c"]}""", 422, "model")]
    [InlineData("/predict", """{"inputs": ["a", "b", "c"], "model": "text-classification"}""", 422, "inputs")]
    [InlineData("/rerank", """{"query": "who"}""", 422, "texts")]
    public async Task WhatIsWrongIsNamed(string path, string body, int expected, string named)
    {
        (int status, JsonNode? json) = await _server.PostAsync(path, body);
        Assert.Equal(expected, status);
        Assert.Contains(named, (string?)json!["error"], StringComparison.Ordinal);
        Assert.NotNull((string?)json["error_type"]);
    }

    [Fact]
    public async Task TextsThatAreTooLongAreRefusedOrCutAndTold()
    {
        string text = string.Concat(Enumerable.Repeat("good ", 100));
        (int status, JsonNode? json) = await _server.PostAsync("/embed", $$"""{"inputs": "{{text}}"}""");
        Assert.Equal((413, "Validation"), (status, (string?)json!["error_type"]));
        (status, json) = await _server.PostAsync("/v1/embeddings", $$"""{"input": "{{text}}", "model": "embedding"}""");
        Assert.Equal("input", (string?)json!["error"]!["param"]);
        using StringContent content = new($$"""{"inputs": "{{text}}", "truncate": true}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _server.Client.PostAsync(
            new Uri("/embed", UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("X-Graft-Truncated")));
        (_, json) = await _server.PostAsync("/v1/graft/tags", $$"""{"inputs": ["good", "{{text}}"], "truncate": true}""");
        Assert.Equal([false, true], json!["predictions"]!.AsArray().Select(one => (bool)one!["truncated"]!));
    }

    [Fact]
    public async Task WhatRunsTheServerIsAnswered()
    {
        foreach (string path in (string[])["/health", "/health/live", "/health/ready"])
            Assert.Equal(200, (await _server.GetAsync(path)).Status);
        (_, string info) = await _server.GetAsync("/info?model=text-classification");
        Assert.Equal("good", (string?)JsonNode.Parse(info)!["model_type"]!["classifier"]!["id2label"]!["2"]);
        (_, string models) = await _server.GetAsync("/v1/models");
        Assert.Equal(5, JsonNode.Parse(models)!["data"]!.AsArray().Count);
        await _server.PostAsync("/embed", """{"inputs": "good"}""");
        (_, string metrics) = await _server.GetAsync("/metrics");
        Assert.Contains("graft_requests_total{route=\"/embed\",status=\"200\"} 1", metrics, StringComparison.Ordinal);
        Assert.Equal(404, (await _server.GetAsync("/nothing")).Status);
        Assert.Equal(405, (await _server.GetAsync("/embed")).Status);
    }
}
