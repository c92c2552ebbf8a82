using System.CommandLine;
using Graft.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Graft.Cli.Commands;

/// <summary><c>graft serve</c>: models behind HTTP, until Ctrl-C or SIGTERM; requests that are here then are answered first.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        Argument<string[]> models = new("models")
        {
            Description = "Run folders, model folders or names of models of the hub, each with a name of its own at will: NAME=DIR.",
            HelpName = "[NAME=]DIR|ID",
            Arity = ArgumentArity.OneOrMore,
        };
        ServeFlags flags = new();
        Command command = new("serve", "Put models behind HTTP: the routes of OpenAI and text-embeddings-inference, and Graft's own.")
        {
            models,
            OptionSources.ConfigOption(),
        };
        flags.AddTo(command);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                ServerOptions server = flags.Server(parsed);
                ServingOptions serving = flags.Serving(
                    parsed,
                    [.. parsed.GetRequiredValue(models).Select(text => Located(text, cancellationToken))]
                );
                WebApplicationBuilder builder = GraftServer.CreateBuilder(server);
                builder.Services.AddGraftServing(serving);
                await using WebApplication app = builder.Build();
                app.UseGraft().MapGraft().MapGraftPlayground();
                await app.StartAsync(cancellationToken);
                foreach (
                    string address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []
                )
                    Terminal.Log($"listening on {address}; its page shows what the models do");
                if (serving.ApiKeys.Count == 0 && server.Host is not ("127.0.0.1" or "localhost" or "::1"))
                    Terminal.Log("anyone who reaches this address can ask: give keys with --api-key-file");
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    Terminal.Log("ending: requests that are here are answered first");
                }

                await app.StopAsync(CancellationToken.None);
                return ExitCodes.Ok;
            }
        );
        return command;
    }

    private static ModelSource Located(string text, CancellationToken cancellationToken)
    {
        ModelSource source = ModelSource.Parse(text);
        return source with { Folder = ModelFlag.Locate(source.Folder, cancellationToken) };
    }
}
