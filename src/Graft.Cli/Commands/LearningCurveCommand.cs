using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Reports;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft learning-curve</c>: would more labels help? The same fine-tuning on parts of the data, and a power law carried on.
/// </summary>
internal static class LearningCurveCommand
{
    public static Command Create()
    {
        FineTuningFlags flags = new();
        Option<string?> sizes = new("--sizes")
        {
            Description = "Numbers of labels, separated by commas; 1/16, 1/8, 1/4, 1/2 of the examples and all otherwise.",
            HelpName = "SIZES",
        };
        Option<bool> json = CommonFlags.Json("the table as one document");
        Command command = new("learning-curve", "Fine-tune on parts of the training data: would more labels help?") { sizes, json };
        flags.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Task.FromResult(
                    Run(
                        flags.Options(parsed) with
                        {
                            ChoosesStrategy = false,
                        },
                        Sizes(parsed.GetValue(sizes)),
                        flags.Seeds(parsed),
                        parsed.GetValue(json),
                        cancellationToken
                    )
                )
        );
        return command;
    }

    private static int Run(FineTuningOptions options, int[] sizes, int seeds, bool json, CancellationToken cancellationToken)
    {
        LearningCurveResult result = LearningCurveRuns.Run(
            options,
            sizes,
            seeds,
            _ => [new ProgressLine()],
            Terminal.Logger,
            cancellationToken
        );
        if (json)
        {
            Terminal.Json(JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "learning-curve.json")))!);
            return ExitCodes.Ok;
        }

        Terminal.Out($"labels   mean {result.Metric}   deviation   by seed");
        foreach (LearningCurvePoint point in result.Points)
        {
            string seedScores = string.Join(" ", point.Scores.Select(score => (100 * score).ToString("0.0", CultureInfo.InvariantCulture)));
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{point.Labels, 6} {100 * point.Mean, 8:0.0} {Terminal.Percent(point.Deviation), 11}   {seedScores}"
                )
            );
        }

        if (result.GainOfDoubling is double gain)
        {
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Twice the labels would bring about {100 * gain:+0.0;-0.0} points (a power law carried on; rough)."
                )
            );
            Terminal.Out($"Report: {Path.Combine(options.Output, "learning-curve.html")}");
        }

        return ExitCodes.Ok;
    }

    private static int[] Sizes(string? text) =>
        [
            .. (text ?? "")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(part =>
                    int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0
                        ? size
                        : throw new InputException($"--sizes {text}: \"{part}\" is not a positive whole number")
                ),
        ];
}
