using System.CommandLine;
using Graft.Data;
using Graft.Inference;
using Graft.Labelling;
using Graft.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Graft.Cli.Commands;

/// <summary><c>graft label</c>: a pile of texts becomes training data in the browser, until Ctrl-C.</summary>
internal static class LabelCommand
{
    private const int UsualPort = 3001;
    private static readonly string[] s_tasks = ["text-classification", "text-pair-classification", "multi-label-classification"];

    public static Command Create()
    {
        Option<string> input = CommonFlags.Input.Required<string>("the texts; labels that they may have are not looked at");
        Option<string> task = CommonFlags.TaskOrFirst(s_tasks);
        Option<string> output = CommonFlags.Output.Required<string>(
            "the file of labels (JSON Lines); every answer is appended to it at once, and an existing one is continued",
            "FILE");
        Option<string?> model = CommonFlags.Model.Optional<string?>(
            "suggestions are made from its frozen vectors; texts are asked at random otherwise");
        Option<int> port = CommonFlags.Port.WithDefault(UsualPort);
        Option<double> share = new("--random-share")
        {
            Description = "The share of texts that are chosen at random, which alone tell how good the model is.",
            HelpName = "X",
            DefaultValueFactory = _ => 0.2,
        };
        ReadingFlags reading = new();
        Command command = new("label", "Label texts in the browser, with a small model that learns from every answer and suggests.")
        {
            input,
            task,
            output,
            model,
            port,
            share,
        };
        reading.AddTo(command);
        command.Options.Add(OptionSources.ConfigOption());
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string asked = parsed.GetRequiredValue(task),
                    from = parsed.GetRequiredValue(input),
                    to = parsed.GetRequiredValue(output);
                if (!s_tasks.Contains(asked, StringComparer.Ordinal))
                    throw new InputException("task", asked, string.Join(", ", s_tasks));
                ColumnOptions columns = reading.Options(parsed);
                if (columns.LabelNames.Count == 0)
                    throw new InputException("--label-names a,b,c names the labels");
                string? folder = parsed.GetValue(model) is string name ? ModelFlag.Locate(name, cancellationToken) : null;
                List<LabelledText> texts =
                [
                    .. LabelledTextReader.Stream(
                        from,
                        columns with
                        {
                            LabelNames = [],
                        },
                        bad => Terminal.Log($"left out: {bad}"),
                        read => Terminal.Log(read.ToString())
                    ),
                ];
                if (asked == s_tasks[1] && texts.Exists(text => text.Pair is null))
                    throw new InputException($"{from}: no second text; --pair-column names the column");
                using LabellingSession session = LabellingSession.Open(
                    asked == s_tasks[0] ? texts.Select(text => text with { Pair = null }) : texts,
                    new LabellingOptions
                    {
                        LabelNames = columns.LabelNames,
                        Output = to,
                        Several = asked == s_tasks[2],
                        RandomShare = parsed.GetValue(share),
                    }
                );
                string token = GraftLabelling.NewToken();
                WebApplicationBuilder builder = GraftServer.CreateBuilder(
                    new ServerOptions { Port = parsed.GetValue(port), DrainTime = TimeSpan.FromSeconds(2) }
                );
                await using WebApplication app = builder.Build();
                app.UseGraft()
                    .MapLabelling(
                        session,
                        new LabellingPage(token, asked, $"graft auto --task {asked} --train {to} --time 10m --output RUN")
                    );
                await app.StartAsync(cancellationToken);
                string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
                Terminal.Log($"{session.LabelledCount} of {session.Count} texts are labelled; every answer goes to {to}");
                Terminal.Out($"{address}/#token={token}");
                using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task embedding = folder is null
                    ? Task.CompletedTask
                    : Task.Run(() => Embed(session, folder, to, ending.Token), CancellationToken.None);
                try
                {
                    await Task.WhenAny(embedding, Task.Delay(Timeout.Infinite, ending.Token));
                    if (embedding.IsFaulted)
                        await embedding; // a model that cannot embed is found at once
                    await Task.Delay(Timeout.Infinite, ending.Token);
                }
                catch (OperationCanceledException)
                {
                    Terminal.Log($"{session.LabelledCount} texts are labelled: {to}; the same command goes on");
                }

                await ending.CancelAsync();
                await app.StopAsync(CancellationToken.None);
                await embedding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return ExitCodes.Ok;
            }
        );
        return command;
    }

    private static void Embed(LabellingSession session, string folder, string output, CancellationToken cancellationToken)
    {
        using Embedder embedder = Embedder.Load(folder);
        session.Embed(
            batch => embedder.Embed(batch, cancellationToken).Vectors,
            output + ".vectors",
            Path.GetFullPath(folder),
            cancellationToken
        );
        Terminal.Log("all vectors are computed: suggestions begin");
    }
}
