using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Pretrained;

namespace Graft.Cli.Commands;

/// <summary><c>graft pull ID[@REVISION]</c>: fetches a published model into the cache that Hugging Face's libraries share.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        Argument<string> model = new("ID[@REVISION]")
        {
            Description = "The model, such as sentence-transformers/all-MiniLM-L6-v2; a branch, tag or commit after @.",
        };
        Option<bool> json = CommonFlags.Json();
        Command command = new(
            "pull",
            "Fetch a published model (HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE are honoured)."
        )
        {
            model,
            json,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                ModelHubId id = ModelHubId.Parse(parsed.GetRequiredValue(model));
                using ModelHub hub = new(ModelHubOptions.FromEnvironment());
                string folder = await hub.PullAsync(id, new TransferLines(), cancellationToken);
                if (parsed.GetValue(json))
                    Terminal.Json(
                        new JsonObject
                        {
                            ["model"] = id.Name,
                            ["revision"] = id.Revision,
                            ["commit"] = Path.GetFileName(folder),
                            ["folder"] = folder,
                        }
                    );
                else
                    Terminal.Out(folder);
                return ExitCodes.Ok;
            }
        );
        return command;
    }
}
