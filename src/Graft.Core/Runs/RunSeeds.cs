using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Runs;

/// <summary>
/// The runs of several seeds in one folder: each in <c>seed-S</c>, and <c>summary.json</c> with mean and standard deviation.
/// </summary>
public static class RunSeeds
{
    private const string SummaryFile = "summary.json";

    /// <summary>The folders of a run's seeds with the seeds, in order; the folder itself where it has none.</summary>
    /// <exception cref="InputException">There is no such folder.</exception>
    internal static IReadOnlyList<(ulong? Seed, string Folder)> Of(string folder)
    {
        if (!Directory.Exists(folder)) throw new InputException($"{folder}: no such folder");
        (ulong? Seed, string Folder)[] seeds = [.. Directory.EnumerateDirectories(folder, "seed-*")
            .Where(RunManifest.Exists)
            .Select(path => (Seed: ulong.TryParse(Path.GetFileName(path).AsSpan(5), out ulong seed) ? seed : (ulong?)null, path))
            .Where(pair => pair.Seed is not null)
            .OrderBy(pair => pair.Seed)];
        return seeds.Length > 0 ? seeds : [(null, folder)];
    }

    /// <summary>
    /// The folder to ask: of several seeds the best on the development data; a model that was delivered with the program by its name.
    /// </summary>
    /// <exception cref="InputException">There is no such folder, or its summary is damaged.</exception>
    public static string Best(string folder)
    {
        folder = ShippedModel.Locate(folder);
        IReadOnlyList<(ulong? Seed, string Folder)> seeds = Of(folder);
        string summary = Path.Combine(folder, SummaryFile);
        if (seeds.Count == 1 || !File.Exists(summary)) return seeds[0].Folder;
        try
        {
            ulong? best = (ulong?)JsonNode.Parse(File.ReadAllBytes(summary))?["best_seed"];
            return seeds.FirstOrDefault(pair => pair.Seed == best, seeds[0]).Folder;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{summary} is damaged: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// Writes <c>summary.json</c>: each seed's scores, their mean and standard deviation, and the seed whose first score is best.
    /// </summary>
    /// <param name="folder">The folder of the seeds' folders.</param>
    /// <param name="runs">Each seed with its scores; without scores only the seeds are named.</param>
    /// <param name="largerIsBetter">Whether a larger first score is better.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    internal static void WriteSummary(
        string folder,
        IReadOnlyList<(ulong Seed, IReadOnlyList<NamedScore> Scores)> runs,
        bool largerIsBetter
    )
    {
        JsonObject summary = new()
        {
            ["seeds"] = new JsonArray([
                .. runs.Select(run =>
                    (JsonNode?)
                        new JsonObject
                        {
                            ["seed"] = run.Seed,
                            ["metrics"] = new JsonObject(
                                run.Scores.Select(score => KeyValuePair.Create(score.Name, RunFolder.Finite(score.Interval.Value)))
                            ),
                        }
                ),
            ]),
        };
        if (runs[0].Scores.Count > 0) // otherwise there is no development data: nothing to compare the seeds by
        {
            (summary["mean"], summary["deviation"]) = MeanAndDeviation([.. runs.Select(run => run.Scores)]);
            summary["best_seed"] = runs.MaxBy(run => (largerIsBetter ? 1 : -1) * run.Scores[0].Interval.Value).Seed;
        }

        AtomicFile.WriteText(Path.Combine(folder, SummaryFile), summary.ToJsonString(RunFolder.Json) + "\n");
    }

    /// <summary>Mean and sample standard deviation of every score over runs, by name.</summary>
    internal static (JsonObject Means, JsonObject Deviations) MeanAndDeviation(IReadOnlyList<IReadOnlyList<NamedScore>> runs)
    {
        JsonObject means = [], deviations = [];
        foreach (NamedScore score in runs[0])
        {
            double[] values = [.. runs.Select(run => run.First(other => other.Name == score.Name).Interval.Value)];
            means[score.Name] = RunFolder.Finite(Summary.Mean(values));
            deviations[score.Name] = values.Length > 1 ? RunFolder.Finite(Summary.StandardDeviation(values)) : null;
        }

        return (means, deviations);
    }
}
