using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Serving;
using Graft.Tests.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Graft.Tests.Serving;

/// <summary>A server in this process, on a port that is free, over small models with random parameters.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TinyBert _tiny = new();
    private WebApplication? _app;

    private TestServer()
    {
    }

    public HttpClient Client { get; } = new();

    public IServiceProvider Services => _app!.Services;

    /// <summary>Where the models lie, each in the folder of its name.</summary>
    public string Folder => _tiny.Folder;

    /// <summary>Starts a server over models of these tasks, each named after its task.</summary>
    public static Task<TestServer> StartAsync(string[] tasks, Func<ServingOptions, ServingOptions>? change = null) =>
        StartAsync(server =>
        {
            ServingOptions options = new() { Models = [.. tasks.Select(task => new ModelSource(task, server.Create(task)))] };
            options = options with { ReloadInterval = TimeSpan.Zero };
            return change?.Invoke(options) ?? options;
        });

    /// <summary>Starts a server over what is made for it.</summary>
    /// <param name="options">Makes the models in the server's folder.</param>
    /// <param name="listen">Where and how it listens; null for a free port.</param>
    /// <param name="logs">Is told what is logged.</param>
    public static async Task<TestServer> StartAsync(
        Func<TestServer, ServingOptions> options,
        ServerOptions? listen = null,
        ILoggerProvider? logs = null
    )
    {
        TestServer server = new();
        try
        {
            ServingOptions made = options(server);
            WebApplicationBuilder builder = GraftServer.CreateBuilder(listen ?? new ServerOptions { Port = 0, JsonLogs = true });
            builder.Logging.ClearProviders(); // the tests' own lines are enough
            if (logs is not null) builder.Logging.AddProvider(logs);
            builder.Services.AddGraftServing(made);
            server._app = builder.Build();
            server._app.UseGraft().MapGraft();
            await server._app.StartAsync(TestContext.Current.CancellationToken);
            server.Client.BaseAddress = new Uri(
                server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            );
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a model for a task into the folder of its name.</summary>
    public string Create(string task, ulong seed = 1)
    {
        string folder = _tiny.PathOf(task);
        Write(folder, task, seed);
        return folder;
    }

    /// <summary>Writes a model for a task where the server does not look.</summary>
    public Elsewhere CreateElsewhere(string task, ulong seed)
    {
        string folder = _tiny.PathOf(FormattableString.Invariant($"elsewhere-{seed}"));
        Write(folder, task, seed);
        return new Elsewhere(_tiny, folder);
    }

    private static void Write(string folder, string task, ulong seed)
    {
        (string family, string head, string[]? labels) = task switch
        {
            "embedding" => ("bert", HeadKinds.Embedding, null),
            "masked-lm" => ("bert", HeadKinds.MaskedLm, null),
            "text-classification" => ("bert", HeadKinds.SequenceClassification, (string[])["bad", "fine", "good"]),
            "regression" => ("bert", HeadKinds.SequenceClassification, ["LABEL_0"]),
            "token-classification" => ("bert", HeadKinds.TokenClassification, ["B-PER", "I-PER", "O"]),
            "question-answering" => ("bert", HeadKinds.QuestionAnswering, null),
            "multiple-choice" => ("bert", HeadKinds.MultipleChoice, null),
            "causal-lm" => ("gpt2", HeadKinds.CausalLm, null),
            "text-to-text" => ("t5", HeadKinds.SequenceToSequence, null),
            _ => throw new ArgumentException(task, nameof(task)),
        };
        TinyFamily.Create(folder, family, head, labels, task == "regression" ? "regression" : null, seed: seed);
    }

    /// <summary>Posts a body; the answer's status and JSON.</summary>
    public async Task<(int Status, JsonNode? Json)> PostAsync(string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Client.PostAsync(
            new Uri(path, UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken));
    }

    /// <summary>Asks for a path; the answer's status and text.</summary>
    public async Task<(int Status, string Text)> GetAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Ends as on SIGTERM: what is here is answered first.</summary>
    public Task StopAsync() => _app!.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        _tiny.Dispose();
    }

    /// <summary>A model that is to take another's place.</summary>
    internal sealed class Elsewhere(TinyBert tiny, string folder) : IDisposable
    {
        public string Folder => folder;

        /// <summary>Puts its files in the place of another's, each at once.</summary>
        public void MoveInto(string name)
        {
            foreach (string file in Directory.EnumerateFiles(folder))
                File.Move(file, Path.Combine(tiny.PathOf(name), Path.GetFileName(file)), overwrite: true);
        }

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }
}
