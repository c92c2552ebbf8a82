using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary><c>graft finetune</c>: a pre-trained model on labelled examples, one seed or several.</summary>
internal static class FinetuneCommand
{
    public static Command Create()
    {
        FineTuningFlags flags = new();
        ProcessFlags processes = new();
        Option<bool> json = CommonFlags.Json("the scores as one document");
        Command command = new("finetune", "Fine-tune a pre-trained model on labelled examples.") { json };
        flags.AddTo(command);
        processes.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Task.FromResult(
                    Run(processes.Join(parsed, flags.Options(parsed)), flags.Seeds(parsed), parsed.GetValue(json), cancellationToken)
                )
        );
        return command;
    }

    private static int Run(FineTuningOptions options, int seeds, bool json, CancellationToken cancellationToken)
    {
        bool isFirst = options.Training.Processes is null or { Rank: 0 };
        IReadOnlyList<(ulong Seed, FineTuningResult Result)> runs = SeededRuns.Run(
            options,
            seeds,
            _ => isFirst ? [new ProgressLine()] : [],
            Terminal.Logger,
            cancellationToken
        );
        if (!isFirst)
            return ExitCodes.Ok;
        if (json)
            Terminal.Json(new JsonArray([.. runs.Select(run => (JsonNode?)Document(run.Seed, run.Result))]));
        foreach ((ulong seed, FineTuningResult result) in runs)
            Terminal.Log($"seed {seed}: {result.Folder}{(result.WasFinished ? " was finished before" : "")}: {Scores(result.Scores)}");
        return ExitCodes.Ok;
    }

    /// <summary>"accuracy 81.2 (79.9 … 82.5), …" in percent, as people read it.</summary>
    internal static string Scores(IReadOnlyList<NamedScore> scores) =>
        scores.Count == 0
            ? "no development data"
            : string.Join(
                ", ",
                scores
                    .Take(3)
                    .Select(score =>
                        $"{score.Name} {Number(score, score.Interval.Value)} ({Number(score, score.Interval.Low)} … "
                            + $"{Number(score, score.Interval.High)})"
                    )
            );

    /// <summary>A value of a score: percent, or four digits of what is no share.</summary>
    internal static string Number(NamedScore score, double value) =>
        score.IsShare ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) : value.ToString("G4", CultureInfo.InvariantCulture);

    private static JsonObject Document(ulong seed, FineTuningResult result) =>
        new()
        {
            ["seed"] = seed,
            ["folder"] = result.Folder,
            ["metrics"] = new JsonObject(
                result.Scores.Select(score =>
                    KeyValuePair.Create(score.Name, (JsonNode?)(double.IsFinite(score.Interval.Value) ? score.Interval.Value : null))
                )
            ),
        };
}
