using System.ClientModel;
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
}
