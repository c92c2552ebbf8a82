using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Serving;
using Graft.Serving.Operation;
using Graft.Serving.Http;
using Graft.Serving.Queue;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Serving;

/// <summary>What waits and what computes it: bounds, company, clients that are gone, the end.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task AFullQueueRefusesAndTakesAgain()
    {
        using ServingMetrics metrics = new();
        using ComputeQueue queue = new(new ServingOptions { MaxQueuedTokens = 512 }, metrics);
        using Gate gate = new();
        Task held = Score(queue, gate, 10);
        gate.Entered.Wait(TestContext.Current.CancellationToken);
        Task waiting = Score(queue, gate, 500);
        RequestException full = Assert.Throws<RequestException>(() => { _ = Score(queue, gate, 100); });
        Assert.Equal((429, true), (full.Status, full.RetrySeconds >= 1));
        Assert.Equal(413, Assert.Throws<RequestException>(() => { _ = Score(queue, gate, 600); }).Status);
        gate.Open();
        await Task.WhenAll(held, waiting);
        await Score(queue, gate, 100);
        Assert.Equal(0, queue.Tokens);
    }

    [Fact]
    public async Task WhoIsGoneIsNotComputed()
    {
        using ServingMetrics metrics = new();
        using ComputeQueue queue = new(new ServingOptions(), metrics);
        using Gate gate = new();
        using CancellationTokenSource client = new();
        Task held = Score(queue, gate, 10);
        gate.Entered.Wait(TestContext.Current.CancellationToken);
        Task vanished = Score(queue, gate, 77, client.Token);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vanished);
        gate.Open();
        await held;
        await Score(queue, gate, 5);
        Assert.DoesNotContain(77, gate.Lengths);
        Assert.Equal(0, queue.Tokens);
    }

    [Fact]
    public async Task OneBadRequestDoesNotSpoilItsCompany()
    {
        using ServingMetrics metrics = new();
        using ComputeQueue queue = new(new ServingOptions(), metrics);
        using Gate gate = new() { Refused = 13 };
        Task held = Score(queue, gate, 10);
        gate.Entered.Wait(TestContext.Current.CancellationToken);
        Task good = Score(queue, gate, 7), bad = Score(queue, gate, 13);
        gate.Open();
        await Task.WhenAll(held, good);
        await Assert.ThrowsAsync<InputException>(() => bad);
    }

    [Fact]
    public async Task TheEndAnswersWhatWaits()
    {
        using ServingMetrics metrics = new();
        using Gate gate = new();
        Task[] all;
        using (ComputeQueue queue = new(new ServingOptions(), metrics))
        {
            all = [Score(queue, gate, 10), .. Enumerable.Range(1, 20).Select(i => Score(queue, gate, i))];
            gate.Open();
        }

        await Task.WhenAll(all);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnswersDoNotDependOnTheirCompany(bool sameBits)
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"], options =>
            options with
            {
                SameBits = sameBits,
            }
        );
        using Predictor predictor = Predictor.Load(Path.Combine(server.Folder, "text-classification"));
        string[] texts =
        [
            .. Enumerable
                .Range(0, 48)
                .Select(i => string.Concat(Enumerable.Repeat(i % 3 == 0 ? "the film was good " : "bad ", 1 + (i % 9)))),
        ];
        string[] first = await Task.WhenAll(texts.Select(text => AskAsync(server, text)));
        for (int i = 0; i < texts.Length; i++)
        {
            string again = await AskAsync(server, texts[i]);
            if (sameBits) Assert.Equal(again, first[i]); // every bit that JSON shows, and it shows all
            ClassPrediction expected = predictor.Predict<ClassPrediction>(texts[i]);
            Assert.Equal(expected.Probabilities[expected.Class], (double)JsonNode.Parse(first[i])![0]!["score"]!, 1e-6);
        }
    }

    [Fact]
    public async Task OverloadIsRefusedAndNothingIsLost()
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"], options =>
            options with
            {
                MaxQueuedTokens = 512,
            }
        );
        string body = $$"""{"inputs": [{{string.Join(',', Enumerable.Repeat("[\"the film was good the film was good\"]", 12))}}]}""";
        (int Status, JsonNode? Json)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(_ => server.PostAsync("/predict", body))
        );
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[200, 429]));
        Assert.Contains(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status == 429), answer =>
            Assert.Equal("Overloaded", (string?)answer.Json!["error_type"])
        );
    }

    [Fact]
    public async Task AKeyIsNeededWhereKeysAreGiven()
    {
        await using TestServer server = await TestServer.StartAsync(["text-classification"], options =>
            options with
            {
                ApiKeys = ["first-key-1", "second-key-2"],
            }
        );
        Assert.Equal(401, (await server.PostAsync("/predict", """{"inputs": "good"}""")).Status);
        Assert.Equal(401, (await server.GetAsync("/metrics")).Status);
        Assert.Equal(200, (await server.GetAsync("/health/ready")).Status);
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", "second-key-2");
        Assert.Equal(200, (await server.PostAsync("/predict", """{"inputs": "good"}""")).Status);
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", "second-key-3");
        Assert.Equal(401, (await server.PostAsync("/predict", """{"inputs": "good"}""")).Status);
    }

    private static async Task<string> AskAsync(TestServer server, string text)
    {
        using StringContent content = new(new JsonObject { ["inputs"] = text }.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(
            new Uri("/predict", UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static Task<FeatureScores[]> Score(
        ComputeQueue queue,
        FeatureEngine engine,
        int length,
        CancellationToken cancellationToken = default
    ) =>
        queue.ScoreAsync(
            engine,
            0,
            [
                new Feature
                {
                    Example = 0,
                    Ids = new int[length],
                    TypeIds = new int[length],
                },
            ],
            cancellationToken
        );

    /// <summary>An engine that waits until it is let go.</summary>
    private sealed class Gate : FeatureEngine, IDisposable
    {
        private readonly ManualResetEventSlim _open = new();

        public ManualResetEventSlim Entered { get; } = new();

        public List<int> Lengths { get; } = [];

        public int Refused { get; init; } = -1;

        public void Open() => _open.Set();

        public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch)
        {
            Entered.Set();
            _open.Wait();
            if (batch.Any(entry => entry.Feature.Ids.Length == Refused)) throw new InputException("refused");
            Lengths.AddRange(batch.Select(entry => entry.Feature.Ids.Length));
            return [.. batch.Select(_ => new FeatureScores([1], 1))];
        }

        public void Dispose()
        {
            _open.Dispose();
            Entered.Dispose();
        }
    }
}
