using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Graft.Data;

namespace Graft.Tests.Labelling;

/// <summary><c>graft label</c> as a program meets it: through its routes, and killed amid answers.</summary>
public sealed class LabelCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-label-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WithoutTheTokenNothingIsToldAndWithItErrorsSayWhatIsWrong()
    {
        using Labelling labelling = await Labelling.StartAsync(Input(20), Output);
        HttpClient client = labelling.Client;
        JsonNode? next = await client.GetFromJsonAsync<JsonNode>("/api/next?by=anna", TestContext.Current.CancellationToken);
        Assert.StartsWith("text ", (string?)next!["text"], StringComparison.Ordinal);
        using HttpResponseMessage wrong = await client.PostAsJsonAsync(
            "/api/answer",
            new
            {
                id = (string?)next["id"],
                by = "anna",
                labels = new[] { "ugly" },
            },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("ugly", await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using HttpRequestMessage elsewhere = new(HttpMethod.Get, "/api/state") { Headers = { Host = "evil.example" } };
        using HttpResponseMessage rebound = await client.SendAsync(elsewhere, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, rebound.StatusCode);
        client.DefaultRequestHeaders.Remove("X-Graft-Token");
        using HttpResponseMessage closed = await client.GetAsync(
            new Uri("/api/state", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);
        using HttpResponseMessage page = await client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task KilledAtFiftyMomentsNoConfirmedAnswerIsLostAndNoneIsDouble()
    {
        string input = Input(20_000);
        Dictionary<string, string> confirmed = new(StringComparer.Ordinal);
        CounterRandom random = new(CounterRandom.Key(29));
        for (int round = 0; round < 50; round++)
        {
            using Labelling labelling = await Labelling.StartAsync(input, Output);
            int moment = random.NextInt(400);
            Task? killing = null; // from the first question on: what a start takes differs by the second on a busy machine
            try
            {
                for (int i = 0; ; i++)
                {
                    JsonNode next = (
                        await labelling.Client.GetFromJsonAsync<JsonNode>("/api/next?by=anna", TestContext.Current.CancellationToken)
                    )!;
                    killing ??= Task.Delay(moment, TestContext.Current.CancellationToken)
                        .ContinueWith(_ => labelling.Process.Kill(), TaskScheduler.Default);
                    (string id, string label) = ((string)next["id"]!, i % 2 == 0 ? "good" : "bad");
                    using HttpResponseMessage answer = await labelling.Client.PostAsJsonAsync(
                        "/api/answer",
                        new
                        {
                            id,
                            by = "anna",
                            labels = new[] { label },
                        },
                        TestContext.Current.CancellationToken
                    );
                    answer.EnsureSuccessStatusCode();
                    Assert.True(confirmed.TryAdd(id, label), $"{id} was asked although it is answered");
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException or System.Net.Sockets.SocketException)
            {
                await killing!;
            }
        }

        Dictionary<string, string> read = LabelledTextReader
            .Read(Output)
            .Rows.ToDictionary(row => row.Id!, row => row.Label!, StringComparer.Ordinal);
        Assert.True(confirmed.Count > 20, $"only {confirmed.Count} answers");
        Assert.All(confirmed, answer => Assert.Equal(answer.Value, read[answer.Key]));
        Assert.InRange(read.Count, confirmed.Count, confirmed.Count + 50); // written, but killed before it could be confirmed
        Assert.Equal(read.Count, File.ReadAllLines(Output).Select(line => (string)JsonNode.Parse(line)!["id"]!).Distinct().Count());
    }

    private string Output => Path.Combine(_folder, "labels.jsonl");

    private string Input(int count)
    {
        string path = Path.Combine(_folder, "texts.csv");
        File.WriteAllLines(path, ["text", .. Enumerable.Range(1, count).Select(i => $"text {i}")]);
        return path;
    }

    private sealed class Labelling : IDisposable
    {
        private Labelling(Process process) => Process = process;

        public Process Process { get; }

        public HttpClient Client { get; } = new();

        public static async Task<Labelling> StartAsync(string input, string output)
        {
            ProcessStartInfo start = new(
                "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "Graft.Cli.dll"),
                    "label",
                    "--input",
                    input,
                    "--label-names",
                    "bad,good",
                    "--output",
                    output,
                    "--port",
                    "0",
                ]
            )
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            Labelling labelling = new(Process.Start(start)!);
            Task<string> errors = labelling.Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string? address = await labelling.Process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            if (address is null) Assert.Fail(await errors);
            labelling.Client.BaseAddress = new Uri(address[..address.IndexOf('#', StringComparison.Ordinal)]);
            labelling.Client.DefaultRequestHeaders.Add("X-Graft-Token", address[(address.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            return labelling;
        }

        public void Dispose()
        {
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
            Client.Dispose();
        }
    }
}
