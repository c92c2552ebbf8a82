using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary><c>graft merge-parts</c>: the parts that <c>predict --shard</c> and <c>embed --shard</c> wrote, checked and joined.</summary>
internal static class MergePartsCommand
{
    public static Command Create()
    {
        Option<string> input = CommonFlags.Input.Required<string>("the folder of parts", "DIR");
        Option<string> output = CommonFlags.Output.Required<string>(
            "all answers in the input's order as .jsonl; rows without an answer go beside it (.bad.jsonl)",
            "FILE");
        Option<bool> json = CommonFlags.Json("counts and hashes as one document");
        Command command = new("merge-parts", "Check that every part of a sharded predict or embed is there, and join them.")
        {
            input,
            output,
            json,
        };
        command.SetAction(parsed =>
        {
            JsonObject summary = InferenceParts.Merge(parsed.GetRequiredValue(input), parsed.GetRequiredValue(output));
            if (parsed.GetValue(json))
                Terminal.Json(summary);
            else
                Terminal.Log(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{(int)summary["parts"]!:N0} parts, {(long)summary["rows"]!:N0} rows, {(long)summary["bad"]!:N0} without an "
                            + $"answer: {(string)summary["output"]!}"
                    )
                );
            return ExitCodes.Ok;
        });
        return command;
    }
}
