using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Serving;

/// <summary>What the page of the server asks beside answers: what is served, tokens, attention, words in context, masks, and why.</summary>
public sealed class InsightRouteTests : IAsyncLifetime
{
    private const string Text = "the film was good and the story was kind .";
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(["embedding", "masked-lm", "text-classification", "token-classification"]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task ModelsSayWhatTheyAreAndWhatCanBeAskedOfThem()
    {
        (int status, string text) = await _server.GetAsync("/v1/graft/models");
        Assert.Equal(200, status);
        Dictionary<string, JsonNode> models = JsonNode.Parse(text)!["models"]!.AsArray().ToDictionary(model => (string)model!["name"]!)!;
        string Abilities(string name) => string.Join(' ', models[name]["can"]!.AsArray());
        Assert.Equal("similarity tokens attention context", Abilities("embedding"));
        Assert.Equal("similarity tokens mask attention context", Abilities("masked-lm"));
        Assert.Equal("predict explain tokens attention context", Abilities("text-classification"));
        Assert.Equal("predict tokens attention context", Abilities("token-classification"));
        Assert.Equal(["bad", "fine", "good"], models["text-classification"]["labels"]!.AsArray().Select(label => (string)label!));
        Assert.Equal("[MASK]", (string?)models["embedding"]["mask"]);
    }

    [Fact]
    public async Task TokensTellWhereATextIsCut()
    {
        JsonNode json = await AskAsync("/v1/graft/tokens", """{"text": "the  film", "model": "embedding"}""");
        Assert.Equal(("whole", 4), ((string)json["read"]!, (int)json["count"]!));
        Assert.Equal(5, (int)json["tokens"]![2]!["start"]!);
        Assert.True((bool)json["tokens"]![0]!["special"]!);
        int limit = (int)json["limit"]!;

        string longText = string.Concat(Enumerable.Repeat("good ", limit + 10)).TrimEnd();
        json = await AskAsync("/v1/graft/tokens", $$"""{"text": "{{longText}}", "model": "embedding"}""");
        Assert.Equal(("cut", limit + 12), ((string)json["read"]!, (int)json["count"]!));
        Assert.Equal(((limit - 2) * 5) - 1, (int)json["text_end"]!);
        json = await AskAsync("/v1/graft/tokens", $$"""{"text": "{{longText}}", "model": "text-classification"}""");
        Assert.Equal("windows", (string)json["read"]!);
    }

    [Fact]
    public async Task AttentionIsThatOfTheLibrary()
    {
        AttentionInspection expected = AttentionInspection.Load(Path.Combine(_server.Folder, "embedding"), Text);
        JsonNode json = await AskAsync("/v1/graft/attention", $$"""{"text": "{{Text}}", "layer": 1, "head": 0, "model": "embedding"}""");
        Assert.Equal(expected.Attentions.Count, (int)json["layers"]!);
        for (int query = 0; query < expected.Tokens.Count; query++)
        {
            for (int key = 0; key < expected.Tokens.Count; key++)
                Assert.Equal(expected.Attentions[1][0, query, key], (float)json["attention"]![query]![key]!, 1e-5f);
        }

        json = await AskAsync("/v1/graft/attention", $$"""{"text": "{{Text}}", "model": "text-classification"}""");
        Assert.All(json["attention"]!.AsArray(), row => Assert.Equal(1, row!.AsArray().Sum(weight => (double)weight!), 1e-3));
        (int status, JsonNode? refused) = await _server.PostAsync(
            "/v1/graft/attention",
            """{"text": "good", "layer": 99, "model": "embedding"}"""
        );
        Assert.Equal((400, "layer"), (status, (string?)refused!["error"]!["param"]));
    }

    [Fact]
    public async Task AWordInSeveralSentencesIsComparedAsByTheLibrary()
    {
        string[] sentences = ["the film was good .", "the bad film", "a film and a film"];
        ContextComparison expected = ContextComparison.Load(Path.Combine(_server.Folder, "embedding"), "film", sentences);
        JsonNode json = await AskAsync(
            "/v1/graft/context",
            """{"word": "film", "sentences": ["the film was good .", "the bad film", "a film and a film"], "model": "embedding"}"""
        );
        Assert.Equal(4, json["occurrences"]!.AsArray().Count);
        Assert.Equal(expected.Similarities[0, 3], (double)json["similarities"]![0]![3]!, 1e-5);
        Assert.Equal(expected.ByLayer[^1], (double)json["by_layer"]!.AsArray()[^1]!, 1e-5);
        (int status, JsonNode? refused) = await _server.PostAsync(
            "/v1/graft/context",
            """{"word": "ship", "sentences": ["the film"], "model": "embedding"}"""
        );
        Assert.Equal(400, status);
        Assert.Contains("ship", (string)refused!["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingWordsAreThoseOfTheLibrary()
    {
        using FillMask model = FillMask.Load(Path.Combine(_server.Folder, "masked-lm"));
        MaskCandidate expected = model.Fill("the [MASK] was good .", 3).Masks[0][0];
        JsonNode json = await AskAsync("/v1/graft/mask", """{"text": "the [MASK] was good .", "count": 3}""");
        Assert.Equal(expected.Token, (string?)json["masks"]![0]![0]!["token_str"]);
        Assert.Equal(expected.Probability, (double)json["masks"]![0]![0]!["score"]!, 1e-5);
        Assert.Equal(400, (await _server.PostAsync("/v1/graft/mask", """{"text": "no mask"}""")).Status);
    }

    [Fact]
    public async Task WhyIsTheAnswerWithoutEachWord()
    {
        using Predictor predictor = Predictor.Load(Path.Combine(_server.Folder, "text-classification"));
        JsonNode json = await AskAsync("/v1/graft/explain", $$"""{"text": "{{Text}}", "label": "fine"}""");
        ClassPrediction whole = predictor.Predict<ClassPrediction>(Text),
            without = predictor.Predict<ClassPrediction>("the film was and the story was kind .");
        Assert.Equal(whole.Probabilities[1], (double)json["value"]!, 1e-5);
        JsonNode word = json["words"]!.AsArray().Single(one => (string?)one!["text"] == "good")!;
        Assert.Equal(without.Probabilities[1], (double)word["without"]!, 1e-5);
        Assert.Equal(Text.IndexOf("good", StringComparison.Ordinal), (int)word["start"]!);
        Assert.Equal(400, (await _server.PostAsync("/v1/graft/explain", """{"text": "good film", "label": "ugly"}""")).Status);
        Assert.Equal(400, (await _server.PostAsync("/v1/graft/explain", """{"text": "good"}""")).Status);
        Assert.Equal(400, (await _server.PostAsync("/v1/graft/explain", """{"text": "a b", "model": "embedding"}""")).Status);
    }

    private async Task<JsonNode> AskAsync(string path, string body)
    {
        (int status, JsonNode? json) = await _server.PostAsync(path, body);
        Assert.True(status == 200, json?.ToJsonString());
        return json!;
    }
}
