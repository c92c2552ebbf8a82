using System.ClientModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Inference;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;

namespace Graft.Tests.Serving;

/// <summary>Clients as their makers publish them.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task OpenAisClientAndMicrosoftExtensionsAiGetTheVectorsOfTheLibrary()
    {
        await using TestServer server = await TestServer.StartAsync(["embedding"], options => options with { ApiKeys = ["a-key-of-ours"] });
        using Embedder embedder = Embedder.Load(Path.Combine(server.Folder, "embedding"));
        string[] texts = ["the film was good .", "bad"];
        EmbeddingClient client = new(
            "embedding",
            new ApiKeyCredential("a-key-of-ours"),
            new OpenAIClientOptions { Endpoint = new Uri(server.Client.BaseAddress!, "/v1") }
        );
        OpenAIEmbeddingCollection vectors = await client.GenerateEmbeddingsAsync(
            texts,
            cancellationToken: TestContext.Current.CancellationToken
        );
        using IEmbeddingGenerator<string, Embedding<float>> generator = client.AsIEmbeddingGenerator();
        GeneratedEmbeddings<Embedding<float>> generated = await generator.GenerateAsync(
            texts,
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.True(vectors.Usage.InputTokenCount > 4);
        for (int i = 0; i < texts.Length; i++)
        {
            float[] expected = embedder.Embed(texts[i]);
            Assert.All(expected.Zip(vectors[i].ToFloats().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
            Assert.All(expected.Zip(generated[i].Vector.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }

        // as its documentation shows it: one text, and the dimensions that the model has
        OpenAIEmbedding one = await client.GenerateEmbeddingAsync(
            texts[0],
            new OpenAI.Embeddings.EmbeddingGenerationOptions { EndUserId = "me" },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(embedder.Embed(texts[0]).Length, one.ToFloats().Length);
        Assert.Equal("embedding", generated[0].ModelId);

        EmbeddingClient other = new(
            "text-embedding-3-small",
            new ApiKeyCredential("a-key-of-ours"),
            new OpenAIClientOptions { Endpoint = new Uri(server.Client.BaseAddress!, "/v1") }
        );
        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(() =>
            other.GenerateEmbeddingAsync("good", cancellationToken: TestContext.Current.CancellationToken)
        );
        Assert.Equal(404, refused.Status);
        Assert.Contains("text-embedding-3-small", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The requests that text-embeddings-inference's README and its OpenAPI document show, and the shapes of answers.</summary>
    [Theory]
    [InlineData("/embed", """{"inputs":"What is Deep Learning?"}""", "[[#]]")]
    [InlineData("/embed", """{"inputs":["Today is a sunny day and I like you", "What is Deep Learning?"],"truncate":false}""", "[[#]]")]
    [InlineData(
        "/embed",
        """{"inputs":"What is Deep Learning?","normalize":true,"truncate":false,"truncation_direction":"right"}""",
        "[[#]]"
    )]
    [InlineData("/embed_all", """{"inputs":"What is Deep Learning?"}""", "[[[#]]]")]
    [InlineData(
        "/v1/embeddings",
        """{"input":"What is Deep Learning?","model":"embedding","user":null}""",
        "{data:[{embedding:[#],index:#,object:$}],model:$,object:$,usage:{prompt_tokens:#,total_tokens:#}}"
    )]
    [InlineData(
        "/rerank",
        """{"query":"What is Deep Learning?","texts":["Deep Learning is not...","Deep learning is..."]}""",
        "[{index:#,score:#}]"
    )]
    [InlineData(
        "/rerank",
        """{"query":"What is Deep Learning?","texts":["Deep Learning is ..."],"raw_scores":false,"return_text":true,"truncate":false}""",
        "[{index:#,score:#,text:$}]"
    )]
    [InlineData("/predict", """{"inputs":"I like you.","model":"text-classification"}""", "[{label:$,score:#}]")]
    [InlineData("/predict", """{"inputs":["I like you."],"model":"text-classification"}""", "[{label:$,score:#}]")]
    [InlineData("/predict", """{"inputs":["I like you.","I hate pineapples"],"model":"text-classification"}""", "[{label:$,score:#}]")]
    [InlineData(
        "/predict",
        """{"inputs":[["I like you."],["I hate pineapples"]],"model":"text-classification","raw_scores":true}""",
        "[[{label:$,score:#}]]"
    )]
    [InlineData(
        "/similarity",
        """{"inputs":{"source_sentence":"What is Deep Learning?","sentences":["What is Machine Learning?"]},"parameters":"""
            + """{"truncate":false}}""",
        "[#]"
    )]
    [InlineData(
        "/tokenize",
        """{"inputs":"What is Deep Learning?","add_special_tokens":true,"model":"embedding"}""",
        "[[{id:#,special:?,start:#,stop:#,text:$}]]"
    )]
    [InlineData("/decode", """{"ids":[0,1,2],"skip_special_tokens":true,"model":"embedding"}""", "[$]")]
    [InlineData("/embed", """{"inputs":[]}""", "{error:$,error_type:$}")]
    [InlineData("/embed", """{"inputs":7}""", "{error:$,error_type:$}")]
    public async Task TheDocumentedExamplesOfTextEmbeddingsInferenceAreAnswered(string path, string body, string shape)
    {
        await using TestServer server = await TestServer.StartAsync(["embedding", "text-classification", "regression"]);
        (int status, JsonNode? json) = await server.PostAsync(path, body);
        Assert.True((status == 200) == !shape.Contains("error", StringComparison.Ordinal), $"{status} {json?.ToJsonString()}");
        Assert.Equal(shape, ShapeOf(json));
    }

    /// <summary>Names and kinds: of a list the first member, null counts as a number (the place of a special token).</summary>
    private static string ShapeOf(JsonNode? json) => json switch
    {
        JsonObject fields =>
            "{"
            + string.Join(
                ',',
                fields.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}:{ShapeOf(one.Value)}")
            )
            + "}",
        JsonArray list => $"[{ShapeOf(list[0])}]",
        null => "#",
        _ => json.GetValueKind() switch
        {
            JsonValueKind.String => "$",
            JsonValueKind.True or JsonValueKind.False => "?",
            _ => "#",
        },
    };
}
