using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Pretrained;

namespace Graft.Cli.Commands;

/// <summary><c>graft pull ID[@REVISION]</c>: fetches a published model into the cache that Hugging Face's libraries share.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        Argument<string> model = new("ID[@REVISION]") { Description = "The model, such as sentence-transformers/all-MiniLM-L6-v2; a branch, tag or commit after @." };
        Option<bool> json = new("--json") { Description = "Print one JSON document." };
        Command command = new("pull", "Fetch a published model (HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE are honoured).") { model, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            ModelHubId id = ModelHubId.Parse(parsed.GetRequiredValue(model));
            using ModelHub hub = new(ModelHubOptions.FromEnvironment());
            string folder = await hub.PullAsync(id, new TransferLines(), cancellation);
            if (parsed.GetValue(json)) Terminal.Json(new JsonObject { ["model"] = id.Name, ["revision"] = id.Revision, ["commit"] = Path.GetFileName(folder), ["folder"] = folder });
            else Terminal.Out(folder);
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Progress on stderr: one line a file, redrawn while it grows when a person is watching.</summary>
    private sealed class TransferLines : IProgress<ModelHubProgress>
    {
        private int _drawnPermille = -1;
        private int _finishedFile;

        public void Report(ModelHubProgress value)
        {
            long total = value.TotalBytes ?? value.Bytes;
            int permille = total == 0 ? 1000 : (int)(1000 * value.Bytes / total);
            bool isFinished = value.Bytes >= total;
            if (isFinished && _finishedFile < value.FileNumber)
            {
                _finishedFile = value.FileNumber;
                Terminal.Log((Terminal.IsInteractive ? "\r" : "") + Line(value, total));
            }
            else if (Terminal.IsInteractive && !isFinished && permille != _drawnPermille)
            {
                Console.Error.Write("\r" + Line(value, total));
            }

            _drawnPermille = permille;
        }

        private static string Line(ModelHubProgress value, long total) => string.Create(
            CultureInfo.InvariantCulture, $"[{value.FileNumber}/{value.FileCount}] {value.File}  {Size(value.Bytes, total)} of {Size(total, total)} {(total < 1_000_000 ? "kB" : "MB")}");

        /// <summary>Both numbers of a line in the unit that suits the total.</summary>
        private static string Size(long bytes, long total) => (bytes / (total < 1_000_000 ? 1e3 : 1e6)).ToString("F1", CultureInfo.InvariantCulture);
    }
}
