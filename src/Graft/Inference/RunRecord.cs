using Graft.Pretrained;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Tasks;

namespace Graft.Inference;

/// <summary>What a run folder says about itself (<c>graft.json</c>): enough to ask its model as it was trained.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="MaxLength">The most tokens of a feature.</param>
/// <param name="Stride">Tokens shared by windows; null for the task's own.</param>
/// <param name="Truncate">Long texts were cut.</param>
/// <param name="Train">Where the training data was, for baselines; null where unknown.</param>
/// <param name="Evaluation">Where the development data was; null where there was none.</param>
internal sealed record RunRecord(string Task, int MaxLength, int? Stride, bool Truncate, string? Train, string? Evaluation)
{
    /// <summary>What development data decided.</summary>
    public Decisions Decisions { get; init; } = new();

    /// <summary>How it writes text.</summary>
    public JsonNode? Generation { get; init; }

    private const string RecordFile = "graft.json", SummaryFile = "summary.json";

    /// <summary>Reads a folder's record; null for a folder that no fine-tuning run wrote.</summary>
    /// <exception cref="InputException">The record is damaged.</exception>
    public static RunRecord? Read(string folder)
    {
        string path = Path.Combine(folder, RecordFile);
        if (!File.Exists(path)) return null;
        try
        {
            JsonNode json = JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new JsonException("empty");
            if (json["options"]?["objective"] is not null) return null; // of pre-training: a model like a published one
            return new RunRecord(
                (string?)json["task"] ?? throw new JsonException("no \"task\""), (int?)json["max_length"] ?? 128, (int?)json["stride"], (bool?)json["truncate"] ?? false, (string?)json["train"]?["path"], (string?)json["evaluation"]?["path"])
            {
                Decisions = Decisions.FromJson(json["decisions"]),
                Generation = json["generation"],
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path} is damaged: {failure.Message}", failure);
        }
    }

    /// <summary>The folders of a run's seeds with the seeds, in order; the folder itself where it has none.</summary>
    public static IReadOnlyList<(ulong? Seed, string Folder)> Seeds(string folder)
    {
        if (!Directory.Exists(folder)) throw new InputException($"{folder}: no such folder");
        (ulong? Seed, string Folder)[] seeds = [.. Directory.EnumerateDirectories(folder, "seed-*")
            .Where(path => File.Exists(Path.Combine(path, RecordFile)))
            .Select(path => (Seed: ulong.TryParse(Path.GetFileName(path).AsSpan(5), out ulong seed) ? seed : (ulong?)null, path))
            .Where(pair => pair.Seed is not null)
            .OrderBy(pair => pair.Seed)];
        return seeds.Length > 0 ? seeds : [(null, folder)];
    }

    /// <summary>The folder to ask: of several seeds the best on the development data.</summary>
    public static string Best(string folder)
    {
        folder = ShippedModel.Locate(folder);
        IReadOnlyList<(ulong? Seed, string Folder)> seeds = Seeds(folder);
        string summary = Path.Combine(folder, SummaryFile);
        if (seeds.Count == 1 || !File.Exists(summary)) return seeds[0].Folder;
        ulong? best = (ulong?)JsonNode.Parse(File.ReadAllBytes(summary))?["best_seed"];
        return seeds.FirstOrDefault(pair => pair.Seed == best, seeds[0]).Folder;
    }
}
