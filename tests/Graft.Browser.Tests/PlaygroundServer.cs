using Graft.Serving;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tuning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Graft.Browser.Tests;

/// <summary>
/// A server with the repository's own models: two classifiers of reviews fitted to frozen states in seconds, vectors, missing words.
/// </summary>
public sealed class PlaygroundServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-playground-").FullName;
    private WebApplication? _app;

    /// <summary>The page.</summary>
    public string Address { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        string model = Path.Combine(TestData.Root, "models", "graft-small"), reviews = Path.Combine(TestData.Root, "samples", "reviews");
        foreach ((string name, double share) in new[] { ("reviews", 1.0), ("few-reviews", 0.1) })
        {
            string train = Path.Combine(_folder, name + ".tsv");
            string[] lines = await File.ReadAllLinesAsync(Path.Combine(reviews, "train.tsv"));
            await File.WriteAllLinesAsync(train, lines.Take((int)(lines.Length * share)));
            FineTuning.Run(
                new FineTuningOptions
                {
                    Model = model,
                    Task = new TextClassification(),
                    Strategy = new HeadTuning(),
                    Train = train,
                    Evaluation = Path.Combine(reviews, "dev.tsv"),
                    Output = Path.Combine(_folder, name),
                }
            );
        }

        WebApplicationBuilder builder = GraftServer.CreateBuilder(new ServerOptions { Port = 0, DrainTime = TimeSpan.Zero });
        builder.Logging.ClearProviders();
        builder.Services.AddGraftServing(
            new ServingOptions
            {
                Models =
                [
                    new ModelSource("reviews", Path.Combine(_folder, "reviews")),
                    new ModelSource("few-reviews", Path.Combine(_folder, "few-reviews")),
                    new ModelSource("graft-small", model),
                    new ModelSource("graft-small-plain", Path.Combine(TestData.Root, "models", "graft-small-plain")),
                ],
                ReloadInterval = TimeSpan.Zero,
            }
        );
        _app = builder.Build();
        _app.UseGraft().MapGraft().MapGraftPlayground();
        await _app.StartAsync();
        Address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/";
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
