using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Training;

namespace Graft.Tasks;

/// <summary>
/// The same run with several seeds: each in <c>RUN/seed-S</c>, and <c>RUN/summary.json</c> with mean and deviation. One seed says little
/// about a method: on small data the spread between seeds is often larger than the difference between methods.
/// </summary>
public static class SeededRuns
{
    private const string SummaryFile = "summary.json";

    /// <summary>Trains with seed, seed + 1 …; with one seed the run folder is the output itself.</summary>
    /// <param name="options">The run; its seed is the first.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="observers">Who watches the run of a seed.</param>
    /// <param name="note">Told what a person should know.</param>
    /// <param name="cancellation">Interrupts after writing a checkpoint; resume goes on with the seed that was under way.</param>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static IReadOnlyList<(ulong Seed, FineTuningResult Result)> Run(
        FineTuningOptions options, int seeds, Func<ulong, IReadOnlyList<ITrainingObserver>>? observers = null, Action<string>? note = null, CancellationToken cancellation = default)
    {
        ulong first = options.Training.Seed;
        if (seeds == 1) return [(first, FineTuning.Run(options, observers?.Invoke(first), note, cancellation))];
        if (Directory.Exists(options.Output) && Directory.EnumerateFileSystemEntries(options.Output).Any() && !options.Resume && !options.Overwrite)
            throw new InputException($"{options.Output} exists already: go on with --resume, replace it with --overwrite, or choose another --output");

        List<(ulong Seed, FineTuningResult Result)> results = [];
        for (ulong seed = first; seed < first + (ulong)seeds; seed++)
        {
            string folder = Path.Combine(options.Output, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}"));
            note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {folder}"));
            FineTuningOptions run = options with { Output = folder, Training = options.Training with { Seed = seed } };
            results.Add((seed, FineTuning.Run(run, observers?.Invoke(seed), note, cancellation)));
        }

        AtomicFile.WriteText(Path.Combine(options.Output, SummaryFile), Summarize(results, options.Task).ToJsonString(RunFolder.Json) + "\n");
        return results;
    }

    private static JsonObject Summarize(List<(ulong Seed, FineTuningResult Result)> results, FineTuningTask task)
    {
        JsonObject summary = new()
        {
            ["seeds"] = new JsonArray([.. results.Select(run => (JsonNode?)new JsonObject
            {
                ["seed"] = run.Seed,
                ["metrics"] = new JsonObject(run.Result.Scores.Select(score => KeyValuePair.Create(score.Name, Number(score.Interval.Value)))),
            })]),
        };
        if (results[0].Result.Scores.Count == 0) return summary; // no development data: nothing to compare the seeds by
        (JsonObject means, JsonObject deviations) = MeanAndDeviation([.. results.Select(run => run.Result.Scores)]);
        (summary["mean"], summary["deviation"]) = (means, deviations);
        summary["best_seed"] = results.MaxBy(run => (task.LargerIsBetter ? 1 : -1) * run.Result.Scores[0].Interval.Value).Seed;
        return summary;
    }

    /// <summary>Mean and sample deviation of every score over runs, by name.</summary>
    internal static (JsonObject Means, JsonObject Deviations) MeanAndDeviation(IReadOnlyList<IReadOnlyList<NamedScore>> runs)
    {
        JsonObject means = [], deviations = [];
        foreach (NamedScore score in runs[0])
        {
            double[] values = [.. runs.Select(run => run.First(other => other.Name == score.Name).Interval.Value)];
            means[score.Name] = Number(Summary.Mean(values));
            deviations[score.Name] = values.Length > 1 ? Number(Summary.StandardDeviation(values)) : null;
        }

        return (means, deviations);
    }

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
