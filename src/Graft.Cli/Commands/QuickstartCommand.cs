using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Demonstrations;

namespace Graft.Cli.Commands;

/// <summary><c>graft quickstart</c>: the whole paradigm on the samples, offline, in a few minutes.</summary>
internal static class QuickstartCommand
{
    public static Command Create()
    {
        Option<string> output = CommonFlags.Output.WithDefault(
            "graft-quickstart", "a folder; an earlier quickstart there is replaced", "DIR");
        Option<int> seeds = CommonFlags.Seeds.WithDefault(3, "of each method");
        Option<bool> json = CommonFlags.Json();
        Command command = new(
            "quickstart",
            "Fine-tune a pre-trained model on the samples, compare it with training from scratch, ask it, write a report."
        )
        {
            output,
            seeds,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                QuickstartResult result = Quickstart.Run(
                    new QuickstartOptions
                    {
                        Samples = Path.Combine(AppContext.BaseDirectory, "samples"),
                        Model = EmbeddedModel(),
                        Output = parsed.GetValue(output)!,
                        Seeds = parsed.GetValue(seeds),
                    },
                    Terminal.Logger,
                    cancellationToken
                );
                if (parsed.GetValue(json))
                    Terminal.Json(Json(result));
                else
                    Print(result);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    /// <summary>The model that ships with Graft.</summary>
    private static string EmbeddedModel()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "models", "graft-small");
        return Directory.Exists(folder)
            ? folder
            : throw new InputException($"{folder} is missing: the build copies it from models/graft-small of the repository");
    }

    private static void Print(QuickstartResult result)
    {
        Terminal.Out("");
        Terminal.Out("Test accuracy");
        foreach (MethodScore method in result.Methods)
        {
            string spread =
                method.Accuracy.Low < method.Accuracy.High
                    ? string.Create(CultureInfo.InvariantCulture, $"  ({100 * method.Accuracy.Low:0.0} – {100 * method.Accuracy.High:0.0})")
                    : "";
            Terminal.Out(
                string.Create(CultureInfo.InvariantCulture, $"  {method.Method, -26}{100 * method.Accuracy.Value, 5:0.0} %{spread}")
            );
        }

        Terminal.Out("");
        Terminal.Out("Asked");
        foreach ((string text, Graft.Tasks.Prediction answer) in result.Answers)
            Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  {answer.Answer,-10} {100 * answer.Confidence:0} %  {text}"));
        Terminal.Out("");
        Terminal.Out($"Report: {result.Report}");
        Terminal.Out($"Ask it more: graft predict --model {result.Model} --text \"…\"");
    }

    private static JsonObject Json(QuickstartResult result) => new()
    {
        ["methods"] = new JsonObject(result.Methods.Select(method => KeyValuePair.Create(method.Method, (JsonNode?)new JsonObject
        {
            ["accuracy"] = method.Accuracy.Value,
            ["low"] = method.Accuracy.Low,
            ["high"] = method.Accuracy.High,
        }))),
        ["report"] = result.Report,
        ["model"] = result.Model,
    };
}
