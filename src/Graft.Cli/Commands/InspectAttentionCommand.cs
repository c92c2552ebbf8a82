using System.CommandLine;
using Graft.Inference;
using Graft.Reports;

namespace Graft.Cli.Commands;

/// <summary><c>graft inspect-attention</c>: the attention weights of every head of every layer, as a page.</summary>
internal static class InspectAttentionCommand
{
    public static Command Create()
    {
        Option<string> model = ModelFlag.Create("Any model.");
        Option<string> text = new("--text") { Description = "The text.", Required = true };
        Option<string?> pair = new("--pair") { Description = "A second text." };
        Option<string> output = new("--output")
        {
            Description = "The page.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "attention.html",
        };
        Option<bool> states = new("--hidden-states") { Description = "With --json: the states between layers too." };
        Option<bool> json = CommonFlags.Json("Print the numbers as one JSON document instead of writing the page.");
        Command command = new("inspect-attention", "Write a page that shows the attention of every layer and head.")
        {
            model,
            text,
            pair,
            output,
            states,
            json,
            OptionSources.ConfigOption(),
        };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                (string first, string? second) = (parsed.GetRequiredValue(text), parsed.GetValue(pair));
                string folder = ModelFlag.Locate(parsed, model, cancellationToken);
                AttentionInspection seen = AttentionInspection.Load(folder, first, second);
                if (parsed.GetValue(json))
                {
                    Terminal.Json(seen.ToJson(parsed.GetValue(states)));
                    return Task.FromResult(ExitCodes.Ok);
                }

                string page = parsed.GetRequiredValue(output),
                    title = second is null ? first : $"{first} / {second}";
                string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
                AttentionPage.Write(
                    page,
                    title,
                    $"{name}: {AttentionPage.Sizes(seen.Tokens, seen.Attentions)}",
                    seen.Tokens,
                    seen.Attentions
                );
                Terminal.Out(page);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }
}
