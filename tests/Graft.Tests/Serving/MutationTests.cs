using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Graft.Tests.Serving;

/// <summary>
/// Requests that are damaged in every way: none makes the server fail, hang or open a file. 500 of them; GRAFT_MUTATIONS=5000 sends more.
/// </summary>
[Trait("Category", "Slow")]
public sealed class MutationTests
{
    private static readonly (string Path, string Body)[] s_sound =
    [
        (
            "/embed",
            """{"inputs": ["the film was good .", "bad"], "normalize": true, "truncate": true, "truncation_direction": "Left","""
                + """ "prompt_name": null}"""
        ),
        ("/v1/embeddings", """{"input": "the film", "model": "embedding", "encoding_format": "base64", "user": "x"}"""),
        ("/predict", """{"inputs": [["good"], ["good", "bad"]], "raw_scores": true, "model": "text-classification"}"""),
        ("/rerank", """{"query": "who", "texts": ["a", "b"], "return_text": true, "model": "regression"}"""),
        ("/similarity", """{"inputs": {"source_sentence": "a", "sentences": ["b", "c"]}, "parameters": {"truncate": true}}"""),
        ("/tokenize", """{"inputs": ["the film", "good"], "add_special_tokens": false, "model": "embedding"}"""),
        ("/decode", """{"ids": [[1, 2, 3], [4]], "skip_special_tokens": false, "model": "embedding"}"""),
        (
            "/v1/graft/predict",
            """{"inputs": [{"text": "good", "pair": "bad"}, "good"], "model": "text-classification", "offsets": "codepoint"}"""
        ),
        ("/v1/graft/tags", """{"inputs": "anna lives in rome", "truncate": true}"""),
        ("/v1/graft/answers", """{"question": "where ?", "context": "anna lives in rome"}"""),
        ("/v1/graft/choices", """{"prompt": "the film was", "choices": ["good", "bad"]}"""),
        ("/v1/graft/generate", """{"prompt": "the film", "max_tokens": 2, "stop": ["."], "stream": true, "temperature": 0.5, "seed": 3}"""),
    ];

    private static readonly string[] s_values =
    [
        "null",
        "true",
        "-1",
        "1e999",
        "0.5",
        "\"\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "[]",
        "[[]]",
        "[null]",
        "{}",
        "{\"\\udc00\": 1}",
        "99999999999999999999",
        "[[1,[2]]]",
        "\"../../etc/passwd\"",
        "\"file:///etc/passwd\"",
    ];

    [Fact]
    public async Task DamagedRequestsAreRefusedAndTheServerLives()
    {
        await using TestServer server = await TestServer.StartAsync([
            "embedding",
            "text-classification",
            "regression",
            "token-classification",
            "question-answering",
            "multiple-choice",
            "causal-lm",
        ]);
        int count = int.Parse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS") ?? "500", CultureInfo.InvariantCulture);
        foreach ((string path, string body) in s_sound)
        {
            (int status, string answer) = await SendAsync(server, path, Encoding.UTF8.GetBytes(body), "application/json", null);
            Assert.True(status == 200, $"{path} {body}: {status} {answer}");
        }

        CounterRandom random = new(28);
        for (int i = 0; i < count; i++)
        {
            (string path, string body) = s_sound[random.NextInt(s_sound.Length)];
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            string type = "application/json";
            string? encoding = null;
            switch (random.NextInt(8))
            {
                case 0: // a byte is another
                    bytes[random.NextInt(bytes.Length)] = (byte)random.NextInt(256);
                    break;
                case 1: // cut
                    bytes = bytes[..random.NextInt(bytes.Length)];
                    break;
                case 2: // a value is another
                    bytes = Encoding.UTF8.GetBytes(WithOtherValue(body, random));
                    break;
                case 3: // deep
                    bytes = Encoding.UTF8.GetBytes($"{{\"inputs\": {new string('[', 5000)}");
                    break;
                case 4: // another type
                    type = random.NextInt(2) == 0 ? "text/plain" : "application/json; charset=utf-16";
                    break;
                case 5: // a compressed bomb
                    encoding = random.NextInt(2) == 0 ? "gzip" : "br";
                    bytes = Bomb();
                    break;
                case 6: // another path
                    path = (
                        (string[])
                            ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/embed/", "//embed", "/v1/models/..%2f..%2fetc", "/%00"]
                    )[random.NextInt(6)];
                    break;
                default: // too large
                    bytes = Encoding.UTF8.GetBytes($"{{\"inputs\": \"{new string('a', 2_100_000)}\"}}");
                    break;
            }

            (int status, string answer) = await SendAsync(server, path, bytes, type, encoding);
            Assert.True(
                status is >= 200 and < 500 or 503,
                $"{i}: {path} {Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(200, bytes.Length)))}: {status} {answer}"
            );
            Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        }

        await AHalfBodyHoldsNothingUp(server);
        Assert.Equal(200, (await server.GetAsync("/health")).Status);
    }

    /// <summary>A client that stops in the middle of its body: others are answered meanwhile.</summary>
    private static async Task AHalfBodyHoldsNothingUp(TestServer server)
    {
        using TcpClient slow = new();
        await slow.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        await slow.GetStream()
            .WriteAsync(
                "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"inputs"u8.ToArray(),
                TestContext.Current.CancellationToken
            );
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs": "good"}""")).Status);
    }

    private static string WithOtherValue(string body, CounterRandom random)
    {
        JsonObject json = JsonNode.Parse(body)!.AsObject();
        string key = json.ElementAt(random.NextInt(json.Count)).Key;
        json[key] = "\u0001";
        return json.ToJsonString().Replace("\"\\u0001\"", s_values[random.NextInt(s_values.Length)], StringComparison.Ordinal);
    }

    private static byte[] Bomb()
    {
        using MemoryStream packed = new();
        using (GZipStream zip = new(packed, CompressionLevel.Fastest)) zip.Write(new byte[10_000_000]);
        return packed.ToArray();
    }

    private static async Task<(int Status, string Answer)> SendAsync(
        TestServer server,
        string path,
        byte[] bytes,
        string type,
        string? encoding
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, server.Client.BaseAddress!.AbsoluteUri.TrimEnd('/') + path);
        request.Content = new ByteArrayContent(bytes);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            using HttpResponseMessage response = await server.Client.SendAsync(request, patience.Token);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(patience.Token));
        }
        catch (HttpRequestException)
        {
            return (413, ""); // the connection is closed in the middle of a body that is too large
        }
    }
}
