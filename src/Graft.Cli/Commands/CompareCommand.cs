using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary><c>graft compare RUN RUN</c>: the same examples to both, a paired test, and what each costs.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Argument<string> first = new("RUN") { Description = "A run folder or fine-tuned model." };
        Argument<string> second = new("OTHER") { Description = "The run to compare it with." };
        Option<string?> input = CommonFlags.Input.Optional<string?>("labelled examples; the development data of the first run otherwise");
        Option<bool> json = CommonFlags.Json();
        Command command = new("compare", "Compare two runs on the same examples: a paired test, parameters, size, time a text.")
        {
            first,
            second,
            input,
            json,
            OptionSources.ConfigOption(),
        };
        ReadingFlags reading = new();
        reading.AddTo(command);
        CalibrationFlags calibration = new();
        calibration.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                RunComparison comparison = RunComparison.Compare(
                    parsed.GetValue(first)!,
                    parsed.GetValue(second)!,
                    parsed.GetValue(input),
                    reading.Options(parsed),
                    Terminal.Logger,
                    calibration.IsCalibrated(parsed),
                    cancellationToken
                );
                if (parsed.GetValue(json))
                    Terminal.Json(Document(comparison));
                else
                    Print(comparison);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static void Print(RunComparison comparison)
    {
        NamedScore main = comparison.First.Scores[0];
        Terminal.Out($"{comparison.First.Task}, {comparison.First.Examples} examples");
        Terminal.Out($"  {"run",-36} {main.Name,12} {"parameters",14} {"MB",8} {"ms a text",10}");
        foreach (RunEvaluation evaluation in new[] { comparison.First, comparison.Second })
        {
            EvaluatedRun run = evaluation.Runs[0];
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {run.Folder, -36} {(evaluation.Scores[0].IsShare ? 100 : 1) * evaluation.Scores[0].Interval.Value, 12:0.00} "
                        + $"{run.Parameters, 14:N0} {RunComparison.BytesOf(run.Folder) / 1e6, 8:0.0} "
                        + $"{run.Elapsed.TotalMilliseconds / evaluation.Examples, 10:0.00}"
                )
            );
        }

        (ScoreInterval difference, double p) = (comparison.Difference.Difference, comparison.Difference.P);
        string verdict = p < 0.05 ? (difference.Value > 0 ? "the second is better" : "the first is better") : "no clear difference";
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  second − first: {100 * difference.Value:+0.00;-0.00} ({100 * difference.Low:+0.00;-0.00} … "
                    + $"{100 * difference.High:+0.00;-0.00}), paired bootstrap p = {p:0.000}: {verdict}"
            )
        );
    }

    private static JsonObject Document(RunComparison comparison) =>
        new()
        {
            ["task"] = comparison.First.Task,
            ["examples"] = comparison.First.Examples,
            ["runs"] = new JsonArray([
                .. new[] { comparison.First, comparison.Second }.Select(evaluation =>
                    (JsonNode?)
                        new JsonObject
                        {
                            ["run"] = evaluation.Runs[0].Folder,
                            ["metrics"] = new JsonObject(
                                evaluation.Scores.Select(score =>
                                    KeyValuePair.Create(
                                        score.Name,
                                        (JsonNode?)(double.IsFinite(score.Interval.Value) ? score.Interval.Value : null)
                                    )
                                )
                            ),
                            ["parameters"] = evaluation.Runs[0].Parameters,
                            ["bytes"] = RunComparison.BytesOf(evaluation.Runs[0].Folder),
                            ["milliseconds_per_text"] = evaluation.Runs[0].Elapsed.TotalMilliseconds / evaluation.Examples,
                        }
                ),
            ]),
            ["difference"] = new JsonObject
            {
                ["value"] = comparison.Difference.Difference.Value,
                ["low"] = comparison.Difference.Difference.Low,
                ["high"] = comparison.Difference.Difference.High,
                ["p"] = comparison.Difference.P,
            },
        };
}
