using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Pretrained;

namespace Graft.Cli.Commands;

/// <summary><c>graft models</c>: what is in the cache of published models.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        Option<bool> json = CommonFlags.Json();
        Command command = new("models", "List the published models in the cache, with their commits and folders.") { json };
        command.SetAction(parsed =>
        {
            ModelHubOptions options = ModelHubOptions.FromEnvironment();
            using ModelHub hub = new(options);
            CachedModel[] models = [.. hub.Cached];
            if (parsed.GetValue(json)) Terminal.Json(Document(options.CacheFolder, models));
            else Print(options.CacheFolder, models);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(string cacheFolder, CachedModel[] models)
    {
        foreach (CachedModel model in models)
        {
            string revisions = model.Revisions.Count > 0 ? string.Join(", ", model.Revisions) : "-";
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Name}  {model.Commit[..Math.Min(12, model.Commit.Length)]}  {revisions}  {model.Bytes / 1e6:F1} "
                        + $"MB{(model.HasWeights ? "" : "  (no weights)")}  {model.Folder}"
                )
            );
        }

        if (models.Length == 0) Terminal.Log($"no models in {cacheFolder}: `graft pull ID` fetches one");
    }

    private static JsonObject Document(string cacheFolder, CachedModel[] models) => new()
    {
        ["cache"] = cacheFolder,
        ["models"] = new JsonArray([.. models.Select(model => new JsonObject
        {
            ["model"] = model.Name,
            ["commit"] = model.Commit,
            ["revisions"] = new JsonArray([.. model.Revisions.Select(revision => JsonValue.Create(revision))]),
            ["bytes"] = model.Bytes,
            ["has_weights"] = model.HasWeights,
            ["folder"] = model.Folder,
        })]),
    };
}
