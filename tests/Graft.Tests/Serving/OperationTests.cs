using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Serving;
using Graft.Serving.Queue;
using Graft.Tasks.SequenceClassification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Graft.Tests.Serving;

/// <summary>What runs a server meets: its end, clients that vanish, new versions, certificates, logs, a collector.</summary>
public sealed class OperationTests
{
    private const string Question = """{"inputs": "the film was good ."}""";

    [Fact]
    public async Task TheEndAnswersWhatIsHere()
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"]);
        ComputeQueue queue = server.Services.GetRequiredService<ComputeQueue>();
        using Held held = new(queue);
        Task<(int Status, JsonNode? Json)>[] asked = [.. Enumerable.Range(0, 20).Select(_ => server.PostAsync("/predict", Question))];
        await UntilAsync(() => queue.Requests == asked.Length);
        Task ending = server.StopAsync();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(ending.IsCompleted);
        held.Dispose();
        foreach ((int status, JsonNode? json) in await Task.WhenAll(asked))
            Assert.Equal((200, 3), (status, json!.AsArray().Count));
        await ending;
    }

    [Fact]
    public async Task AClientThatIsGoneIsNotComputed()
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"]);
        ComputeQueue queue = server.Services.GetRequiredService<ComputeQueue>();
        using Held held = new(queue);
        using (CancellationTokenSource client = new())
        {
            using StringContent content = new(Question, Encoding.UTF8, "application/json");
            Task<HttpResponseMessage> asked = server.Client.PostAsync(new Uri("/predict", UriKind.Relative), content, client.Token);
            await UntilAsync(() => queue.Requests == 1);
            await client.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }

        (int Status, string Text) metrics;
        do
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            metrics = await server.GetAsync("/metrics");
        } while (!metrics.Text.Contains("status=\"499\"", StringComparison.Ordinal));
        string before = Count(metrics.Text, "graft_texts_total");
        held.Dispose();
        Assert.Equal(200, (await server.PostAsync("/predict", Question)).Status);
        string text = (await server.GetAsync("/metrics")).Text;
        Assert.Equal("1", Count(text, "graft_vanished_total"));
        Assert.Equal(Number(before) + 1, Number(Count(text, "graft_texts_total")));
    }

    [Fact]
    public async Task NewVersionsTakeTheirPlacesWithoutALostRequest()
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"], options =>
            options with
            {
                ReloadInterval = TimeSpan.FromMilliseconds(50),
            }
        );
        ConcurrentBag<double> known = [ScoreOf(server)];
        ConcurrentBag<string> wrong = [];
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        int answers = 0;
        Task[] clients =
        [
            .. Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    (int status, JsonNode? json) = await server.PostAsync("/predict", Question);
                    Interlocked.Increment(ref answers);
                    if (status != 200) wrong.Add($"{status} {json?.ToJsonString()}");
                    else if (!known.Any(score => Math.Abs(score - (double)json![0]!["score"]!) <= 1e-6)) wrong.Add(json!.ToJsonString());
                }
            })),
        ];
        for (ulong seed = 70; seed < 73; seed++)
        {
            using TestServer.Elsewhere other = server.CreateElsewhere("text-classification", seed);
            double expected = ScoreOf(other.Folder);
            known.Add(expected);
            other.MoveInto("text-classification");
            double score;
            do
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
                score = (double)(await server.PostAsync("/predict", Question)).Json![0]!["score"]!;
            } while (Math.Abs(score - expected) > 1e-6);
        }

        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(wrong);
        Assert.True(answers > 50, answers.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task ACertificateMakesItSpeakTlsOnly()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string folder = Directory.CreateTempSubdirectory("graft-tls-").FullName;
        try
        {
            string certificate = Path.Combine(folder, "tls.pem"), secret = Path.Combine(folder, "tls.key");
            await File.WriteAllTextAsync(certificate, made.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(secret, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            ServerOptions listen = new() { Port = 0, Certificate = certificate, CertificateKey = secret };
            await using TestServer server = await TestServer.StartAsync(OneModel, listen);
            Assert.Equal("https", server.Client.BaseAddress!.Scheme);
            using SocketsHttpHandler handler = new()
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == made.GetCertHashString(),
                },
            };
            using HttpClient client = new(handler) { BaseAddress = server.Client.BaseAddress };
            using StringContent content = new(Question, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.PostAsync(
                new Uri("/predict", UriKind.Relative),
                content,
                TestContext.Current.CancellationToken
            );
            Assert.True(answer.IsSuccessStatusCode);
            Uri plain = new(server.Client.BaseAddress.AbsoluteUri.Replace("https:", "http:", StringComparison.Ordinal));
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync(plain, TestContext.Current.CancellationToken));
            InputException noKey = Assert.Throws<InputException>(() => GraftServer.CreateBuilder(listen with { CertificateKey = null }));
            Assert.Contains(certificate, noKey.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task LogsNameTheRequestAndNeverItsTexts()
    {
        using Lines lines = new();
        await using TestServer server = await TestServer.StartAsync(OneModel, logs: lines);
        (string Id, string Body)[] asked =
        [
            ("mine-1", """{"inputs": "lovely secret"}"""),
            ("not a{name}", """{"inputs": ["lovely secret", 3]}"""),
            ("mine-2", "lovely secret"),
        ];
        foreach ((string id, string body) in asked)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, new Uri("/predict?lovely=secret", UriKind.Relative));
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            request.Headers.TryAddWithoutValidation("X-Request-Id", id);
            using HttpResponseMessage answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            string told = Assert.Single(answer.Headers.GetValues("X-Request-Id"));
            Assert.Equal(id.StartsWith("mine", StringComparison.Ordinal), told == id);
            await UntilAsync(() => lines.RequestIds.Contains(told));
        }

        Assert.DoesNotContain(lines.All, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACollectorIsToldNumbersAndSpansAndNoTexts()
    {
        ConcurrentQueue<(string Path, string Bytes)> told = [];
        WebApplicationBuilder builder = GraftServer.CreateBuilder(new ServerOptions { Port = 0 });
        builder.Logging.ClearProviders();
        await using WebApplication collector = builder.Build();
        collector.MapPost("/{**path}", async (HttpContext context) =>
        {
            using MemoryStream bytes = new();
            await context.Request.Body.CopyToAsync(bytes, TestContext.Current.CancellationToken);
            told.Enqueue((context.Request.Path, Encoding.Latin1.GetString(bytes.ToArray())));
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);
        Uri address = new(
            collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        await using (TestServer server = await TestServer.StartAsync(OneModel, new ServerOptions { Port = 0, OtlpEndpoint = address }))
        {
            Assert.Equal(200, (await server.PostAsync("/predict", """{"inputs": "lovely secret"}""")).Status);
        }

        string traces = string.Concat(told.Where(sent => sent.Path == "/v1/traces").Select(sent => sent.Bytes)),
            numbers = string.Concat(told.Where(sent => sent.Path == "/v1/metrics").Select(sent => sent.Bytes));
        foreach (string span in (string[])["graft.tokenize", "graft.score", "graft.computed", "/predict"])
            Assert.Contains(span, traces, StringComparison.Ordinal);
        foreach (string instrument in (string[])["graft_requests", "graft_batch_seconds", "graft_queue_tokens"])
            Assert.Contains(instrument, numbers, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", traces + numbers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutACollectorNothingIsSent()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("OTEL_", StringComparison.Ordinal)),
            "the environment names a collector"
        );
        await using TestServer server = await TestServer.StartAsync(OneModel);
        Assert.Null(server.Services.GetService<TracerProvider>());
        Assert.Null(server.Services.GetService<MeterProvider>());
    }

    /// <summary>Kestrel tells of a chunk's size as it tells of a connection that broke, not as of a bad request.</summary>
    [Theory]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("zz\r\n")]
    public async Task AChunkOfAnImpossibleSizeIsTheClientsFault(string chunk)
    {
        Lines lines = new();
        await using TestServer server = await TestServer.StartAsync(OneModel, logs: lines);
        using (TcpClient client = new())
        {
            await client.ConnectAsync(
                server.Client.BaseAddress!.Host,
                server.Client.BaseAddress.Port,
                TestContext.Current.CancellationToken
            );
            string head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + chunk), TestContext.Current.CancellationToken);
            await UntilAsync(() => Answered() is not null);
        }

        Assert.StartsWith("POST /predict 400 ", Answered(), StringComparison.Ordinal);
        string? Answered() => lines.All.FirstOrDefault(line => line.StartsWith("POST /predict ", StringComparison.Ordinal));
    }

    private static ServingOptions OneModel(TestServer server) => new()
    {
        Models = [new ModelSource("text-classification", server.Create("text-classification"))],
        ReloadInterval = TimeSpan.Zero,
    };

    private static double ScoreOf(TestServer server) => ScoreOf(Path.Combine(server.Folder, "text-classification"));

    private static double ScoreOf(string folder)
    {
        using Predictor predictor = Predictor.Load(folder);
        ClassPrediction answer = predictor.Predict<ClassPrediction>("the film was good .");
        return answer.Probabilities[answer.Class];
    }

    private static string Count(string metrics, string name) =>
        metrics.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?.Split(' ')[1] ?? "0";

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (int i = 0; i < 1500 && !isSo(); i++) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.True(isSo());
    }

    /// <summary>Keeps the compute thread busy until it is disposed; what is asked meanwhile waits.</summary>
    private sealed class Held : IDisposable
    {
        private readonly TaskCompletionSource _gate = new();

        public Held(ComputeQueue queue)
        {
            using ManualResetEventSlim entered = new();
            _ = queue.RunAsync(
                () =>
                {
                    entered.Set();
                    _gate.Task.Wait();
                },
                0,
                CancellationToken.None
            );
            entered.Wait();
        }

        public void Dispose() => _gate.TrySetResult();
    }

    /// <summary>Keeps what is logged, as machines and as people read it.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ConcurrentQueue<string> RequestIds { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            All.Enqueue(formatter(state, exception) + exception);
            if (state is not IEnumerable<KeyValuePair<string, object?>> values) return;
            foreach ((string name, object? value) in values)
            {
                All.Enqueue($"{name}: {value}");
                if (name == "RequestId" && value is string id) RequestIds.Enqueue(id);
            }
        }

        public void Dispose()
        {
        }
    }
}
