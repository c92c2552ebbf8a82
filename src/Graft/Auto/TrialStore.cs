using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Pretrained;
using Graft.Runs;

namespace Graft.Auto;

/// <summary>
/// What was compared so far, on disk as it happens (<c>OUTPUT/auto/trials.jsonl</c>), so that an interrupted choice goes on.
/// </summary>
internal sealed class TrialStore
{
    private const string TrialsFile = "trials.jsonl", BegunFile = "begun.json";
    private readonly string _path;
    private readonly List<Trial> _trials;

    private TrialStore(string path, List<Trial> trials) => (_path, _trials) = (path, trials);

    public IReadOnlyList<Trial> All => _trials;

    /// <summary>Opens the folder; a choice that goes on must be the one that was begun.</summary>
    /// <exception cref="InputException">It was begun with other options or data, or is damaged.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static TrialStore Open(AutoOptions options, AutoData data)
    {
        RunFolder folder = RunFolder.Open(options.Output, options.Resume, options.Overwrite);
        string parts = Path.Combine(folder.Path, "auto"), begun = Path.Combine(parts, BegunFile), path = Path.Combine(parts, TrialsFile);
        Directory.CreateDirectory(parts);
        JsonObject now = new()
        {
            ["task"] = data.Task.Name,
            ["train"] = Hash(options.Train),
            ["evaluation"] = options.Evaluation is null ? null : Hash(options.Evaluation),
            ["models"] = new JsonArray([.. options.Models.Select(model => (JsonNode?)WeightsHash.Of(model))]),
            ["seed"] = options.Seed,
            ["max_length"] = options.Encoding.MaxLength,
            ["truncate"] = options.Encoding.Truncate,
            ["abstain"] = options.Abstain,
        };
        RunDifference.RequireSame(begun, now);
        AtomicFile.WriteText(begun, now.ToJsonString(RunFolder.Json) + "\n");
        List<Trial> trials = File.Exists(path) ? [.. Whole(path).Select(line => Trial.Parse(line, path))] : [];
        AtomicFile.WriteText(path, string.Concat(trials.Select(trial => trial.ToLine() + "\n"))); // without a line that was cut
        return new TrialStore(path, trials);
    }

    public void Add(Trial trial)
    {
        _trials.Add(trial);
        File.AppendAllText(_path, trial.ToLine() + "\n");
    }

    /// <summary>The hash of a file; of shards that of their hashes.</summary>
    public static string Hash(string path)
    {
        IReadOnlyList<string> files = DataFile.Shards(path, DataPart.Training);
        return files.Count == 1
            ? WeightsHash.OfFile(files[0])
            : Sha256.Of(System.Text.Encoding.ASCII.GetBytes(string.Concat(files.Select(WeightsHash.OfFile))));
    }

    private static IEnumerable<string> Whole(string path)
    {
        string text = File.ReadAllText(path);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
