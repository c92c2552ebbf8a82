using System.CommandLine;
using Graft.Inference;
using Graft.Reports;

namespace Graft.Cli.Commands;

/// <summary><c>graft inspect-attention</c>: the attention weights of every head of every layer, as a page.</summary>
internal static class InspectAttentionCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("any one");
        Option<string> text = CommonFlags.Text.Required<string>("its attention is shown");
        Option<string?> pair = CommonFlags.Pair.Optional<string?>("none otherwise");
        Option<string> output = CommonFlags.Output.WithDefault("attention.html", "a page", "FILE");
        Option<bool> states = new("--hidden-states") { Description = "Print the states between layers too, with --json." };
        Option<bool> json = CommonFlags.Json("one document instead of the page");
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
