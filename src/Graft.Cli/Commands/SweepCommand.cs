using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Reports;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary><c>graft sweep</c>: the same fine-tuning over several learning rates and seeds, one table and one plot.</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        FineTuningFlags flags = new();
        Option<string> rates = CommonFlags.LearningRates.Required<string>("2e-5,3e-5,5e-5");
        Option<bool> json = CommonFlags.Json("the table as one document");
        Command command = new("sweep", "Fine-tune with several learning rates and seeds, and tabulate the scores.") { rates, json };
        flags.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Task.FromResult(
                    Run(
                        flags.Options(parsed) with
                        {
                            ChoosesStrategy = false,
                        },
                        Rates(rates, parsed.GetValue(rates)!),
                        flags.Seeds(parsed),
                        parsed.GetValue(json),
                        cancellationToken
                    )
                )
        );
        return command;
    }

    private static int Run(FineTuningOptions options, double[] rates, int seeds, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<SweepResult> results = Sweep.Run(
            options,
            rates,
            seeds,
            _ => [new ProgressLine()],
            Terminal.Logger,
            cancellationToken
        );
        if (json)
        {
            Terminal.Json(JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "sweep.json")))!);
            return ExitCodes.Ok;
        }

        Terminal.Out("learning rate   mean   deviation   by seed");
        foreach (SweepResult result in results)
        {
            string seedScores = string.Join(
                " ",
                result.Scores.Select(score => (100 * score).ToString("0.0", CultureInfo.InvariantCulture))
            );
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.LearningRate, 13:g3} {100 * result.Mean, 6:0.0} {Terminal.Percent(result.Deviation), 11}   {seedScores}"
                )
            );
        }

        Terminal.Out($"Report: {Path.Combine(options.Output, "sweep.html")}");
        return ExitCodes.Ok;
    }

    /// <summary>"2e-5,3e-5" → numbers.</summary>
    internal static double[] Rates(Option flag, string text) =>
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(part =>
                    double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate > 0
                        ? rate
                        : throw new InputException($"{flag.Name} {text}: \"{part}\" is not a positive number")
                ),
        ];
}
