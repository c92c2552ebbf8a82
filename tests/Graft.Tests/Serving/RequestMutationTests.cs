using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Graft.Tests.Serving;

/// <summary>
/// Requests that are damaged in every way: none makes the server fail, hang or open a file. 500 of them; .ci/full sends 5,000
/// (GRAFT_MUTATIONS=5000).
/// </summary>
[Trait("Category", "Slow")]
public sealed class RequestMutationTests
{
    private static readonly (string Path, string Body)[] s_sound =
    [
        ("/embed_all", """{"inputs": ["the film", "bad"], "truncate": true, "truncation_direction": "Right", "prompt_name": null}"""),
        (
            "/embed",
            """{"inputs": ["the film was good .", "bad"], "normalize": true, "truncate": true"""
                + """, "truncation_direction": "Left", "prompt_name": null}"""
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
        ("/v1/graft/tokens", """{"text": "the film", "pair": "good", "model": "embedding"}"""),
        ("/v1/graft/attention", """{"text": "the film", "pair": "good", "layer": 0, "head": 1, "model": "embedding"}"""),
        ("/v1/graft/context", """{"word": "film", "sentences": ["the film", "a film ."], "model": "embedding"}"""),
        ("/v1/graft/explain", """{"text": "the film", "pair": "bad", "label": "good", "model": "text-classification"}"""),
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
        "\"FOLDER\"",
        "\"FOLDER/config.json\"",
        "[\"file://FOLDER/config.json\"]",
        "{\"path\": \"FOLDER\", \"url\": \"http://127.0.0.1:9/FOLDER\"}",
    ];

    /// <summary>Lines that stand among the headers of a request, or in place of its first line; ¦ is for a new line.</summary>
    private static readonly string[] s_headers =
    [
        "Content-Length: -1",
        "Content-Length: 5¦Content-Length: 50",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked¦Content-Length: 4",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip",
        "Content-Encoding: gzip, br, zstd",
        "Content-Type: application/json; charset=no-such",
        "Content-Type: application/xml",
        "Content-Type: \u0001",
        "Host: ¦Host: other",
        "Host: FOLDER/../..",
        "X-Request-Id: a¦ folded: line",
        "X-Request-Id: \u0000",
        "Authorization: Bearer \u00ff\u00fe",
        "Authorization: FOLDER",
        "Expect: 100-continue",
        "Expect: something else",
        "Connection: upgrade¦Upgrade: h2c",
        "Connection: Upgrade¦Upgrade: websocket¦Sec-WebSocket-Key: x",
        "Range: bytes=0-18446744073709551615",
        "no colon here",
        ": no name",
        "Accept-Encoding: *;q=-1",
        "traceparent: 00-00000000000000000000000000000000-0000000000000000-zz",
        "Cookie: LONG",
    ];

    private static readonly byte[] s_bomb = Bomb();

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

        // Whatever reads a file of this folder is told of: the names stand in fields, headers and paths.
        string canary = Directory.CreateDirectory(Path.Combine(server.Folder, "canary")).FullName;
        foreach (string name in (string[])["config.json", "model.safetensors", "vocab.txt"])
            await File.WriteAllTextAsync(Path.Combine(canary, name), "{}", TestContext.Current.CancellationToken);
        ConcurrentQueue<string> opened = [];
        using FileSystemWatcher watcher = new(canary) { NotifyFilter = NotifyFilters.LastAccess | NotifyFilters.FileName };
        watcher.Changed += (_, what) => opened.Enqueue(what.FullPath);
        watcher.EnableRaisingEvents = true;

        Task slow = Task.WhenAll(Enumerable.Range(0, 8).Select(i => ASlowBodyIsEndedAsync(server, i)));
        CounterRandom random = new(28);
        for (int i = 0; i < count; i++)
        {
            (string path, string body) = s_sound[random.NextInt(s_sound.Length)];
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            string type = "application/json";
            string? encoding = null;
            switch (random.NextInt(10))
            {
                case 0: // a byte is another
                    bytes[random.NextInt(bytes.Length)] = (byte)random.NextInt(256);
                    break;
                case 1: // cut
                    bytes = bytes[..random.NextInt(bytes.Length)];
                    break;
                case 2: // a value is another
                    bytes = Encoding.UTF8.GetBytes(WithOtherValue(body, random, canary));
                    break;
                case 3: // deep
                    bytes = Encoding.UTF8.GetBytes($"{{\"inputs\": {new string('[', 5000)}");
                    break;
                case 4: // another type
                    type = random.NextInt(2) == 0 ? "text/plain" : "application/json; charset=utf-16";
                    break;
                case 5: // a compressed bomb, told and not told
                    encoding = ((string?[])["gzip", "br", null])[random.NextInt(3)];
                    bytes = s_bomb;
                    break;
                case 6: // another path
                    path = OtherPath(random, canary);
                    break;
                case 7 when random.NextInt(4) == 0: // too large
                    bytes = Encoding.UTF8.GetBytes($"{{\"inputs\": \"{new string('a', 2_100_000)}\"}}");
                    break;
                default: // headers and the first line
                    (int code, string said) = await SendRawAsync(server, Raw(path, bytes, random, canary));
                    Check(i, "raw", bytes, code, said);
                    continue;
            }

            (int status, string answer) = await SendAsync(server, path, bytes, type, encoding);
            Check(i, path, bytes, status, answer);
        }

        await slow;
        Assert.Equal(200, (await server.GetAsync("/health")).Status);
        Assert.Empty(opened);
        if (!OperatingSystem.IsLinux()) return;
        await File.ReadAllTextAsync(Path.Combine(canary, "config.json"), TestContext.Current.CancellationToken);
        for (int i = 0; i < 100 && opened.IsEmpty; i++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.NotEmpty(opened); // the watcher would have told
    }

    private static void Check(int number, string path, byte[] bytes, int status, string answer)
    {
        Assert.True(
            status is >= 200 and < 500 or 503 or 505, // 505: HTTP/9.9
            $"{number}: {path} {Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(200, bytes.Length)))}: {status} {answer}"
        );
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    /// <summary>A client that sends a byte now and then: others are answered meanwhile, and its connection is ended.</summary>
    private static async Task ASlowBodyIsEndedAsync(TestServer server, int number)
    {
        using TcpClient client = new();
        await client.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                number % 2 == 0
                    ? "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"inputs"
                    : "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Ty"
            ),
            TestContext.Current.CancellationToken
        );
        Task<string> answer = AnswerAsync(stream);
        for (int i = 0; i < 120 && !answer.IsCompleted; i++)
        {
            await Task.Delay(500, TestContext.Current.CancellationToken);
            try
            {
                await stream.WriteAsync("p"u8.ToArray(), TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                break; // ended
            }
        }

        Assert.True(answer.IsCompleted, "a slow client is kept for a minute");
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs": "good"}""")).Status);
    }

    private static string OtherPath(CounterRandom random, string canary)
    {
        string[] paths =
        [
            "/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/embed/",
            "//embed",
            "/v1/models/..%2f..%2fetc",
            "/%00",
            "/v1/models/" + Uri.EscapeDataString(canary),
            "/info?model=" + Uri.EscapeDataString(canary + "/config.json"),
            canary + "/config.json",
            "/embed?" + new string('a', 9000),
            "/" + string.Concat(Enumerable.Repeat("a/", 2000)),
        ];
        return paths[random.NextInt(paths.Length)];
    }

    /// <summary>A request whose headers, first line or chunks are damaged.</summary>
    private static byte[] Raw(string path, byte[] body, CounterRandom random, string canary)
    {
        string[] first =
        [
            $"POST {path} HTTP/1.1",
            $"POST {path} HTTP/1.0",
            $"POST {path} HTTP/9.9",
            $"POST http://elsewhere.example{path} HTTP/1.1",
            $"POST {path}",
            $"\u0001\u0002 {path} HTTP/1.1",
            $"OPTIONS * HTTP/1.1",
            $"CONNECT {canary}:443 HTTP/1.1",
            $"PRI * HTTP/2.0",
            $"get {path} http/1.1",
        ];
        string line = random.NextInt(3) == 0 ? first[random.NextInt(first.Length)] : first[0];
        string header = s_headers[random.NextInt(s_headers.Length)]
            .Replace("FOLDER", canary, StringComparison.Ordinal)
            .Replace("LONG", new string('x', 40_000), StringComparison.Ordinal)
            .Replace("¦", "\r\n", StringComparison.Ordinal);
        string length = header.Contains("Content-Length", StringComparison.Ordinal) || random.NextInt(8) == 0
            ? ""
            : FormattableString.Invariant($"Content-Length: {body.Length + random.NextInt(3) - 1}\r\n");
        string head = $"{line}\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n{header}\r\n{length}\r\n";
        byte[] chunk = random.NextInt(4) == 0 ? Encoding.ASCII.GetBytes("ffffffffffffffff\r\n") : [];
        return [.. Encoding.Latin1.GetBytes(head), .. chunk, .. body];
    }

    /// <summary>Sends bytes and closes that side; the status of the answer, or 400 where the connection ends without one.</summary>
    private static async Task<(int Status, string Answer)> SendRawAsync(TestServer server, byte[] bytes)
    {
        using TcpClient client = new();
        await client.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        NetworkStream stream = client.GetStream();
        try
        {
            await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // refused in the middle of it
        }

        string answer = await AnswerAsync(stream).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        if (answer.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
            answer = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        string status = answer.Split(' ').ElementAtOrDefault(1) ?? "";
        return (int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : 400, answer);
    }

    private static async Task<string> AnswerAsync(NetworkStream stream)
    {
        using MemoryStream answer = new();
        try
        {
            await stream.CopyToAsync(answer, TestContext.Current.CancellationToken);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // reset
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    private static string WithOtherValue(string body, CounterRandom random, string canary)
    {
        JsonObject json = JsonNode.Parse(body)!.AsObject();
        string key = json.ElementAt(random.NextInt(json.Count)).Key;
        json[key] = "\u0001";
        return json.ToJsonString().Replace("\"\\u0001\"", s_values[random.NextInt(s_values.Length)], StringComparison.Ordinal)
            .Replace("FOLDER", canary, StringComparison.Ordinal);
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
