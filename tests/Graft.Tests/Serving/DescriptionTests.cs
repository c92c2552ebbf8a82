using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Graft.Tests.Serving;

/// <summary>The document of the routes and the routes are the same; written text comes whole and in pieces.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public async Task EveryRouteIsDescribedAndNoOther()
    {
        await using TestServer server = await TestServer.StartAsync(["embedding"]);
        (int status, string text) = await server.GetAsync("/openapi/v1.json");
        Assert.Equal(200, status);
        IEnumerable<string> described =
            from path in JsonNode.Parse(text)!["paths"]!.AsObject()
            from method in path.Value!.AsObject()
            select $"{method.Key.ToUpperInvariant()} {path.Key}";
        IEnumerable<string> mapped =
            from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
            select $"{method} {endpoint.RoutePattern.RawText}";
        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("causal-lm")]
    [InlineData("text-to-text")]
    public async Task TextIsWrittenWholeAndInPieces(string task)
    {
        await using TestServer server = await TestServer.StartAsync([task, "embedding"]);
        (int status, JsonNode? whole) = await server.PostAsync(
            "/v1/graft/generate",
            """{"prompt": "the film was", "max_tokens": 6, "temperature": 0}"""
        );
        Assert.True(status == 200, whole?.ToJsonString());
        using StringContent content = new(
            """{"prompt": "the film was", "max_tokens": 6, "temperature": 0, "stream": true}""",
            System.Text.Encoding.UTF8,
            "application/json"
        );
        using HttpResponseMessage response = await server.Client.PostAsync(
            new Uri("/v1/graft/generate", UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string[] events = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split(
            "\n\n",
            StringSplitOptions.RemoveEmptyEntries
        );
        Assert.Equal("data: [DONE]", events[^1]);
        JsonNode[] pieces = [.. events[..^1].Select(line => JsonNode.Parse(line[6..])!)];
        Assert.Equal((string?)whole!["text"], string.Concat(pieces.Select(piece => (string?)piece["text"])));
        Assert.Equal((string?)whole["finish"], (string?)pieces[^1]["finish"]);
        Assert.Equal(400, (await server.PostAsync("/v1/graft/generate", """{"prompt": "the film", "max_tokens": 0}""")).Status);
    }
}
