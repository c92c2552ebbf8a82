using System.Text.Json.Nodes;
using Graft.Tasks;

namespace Graft.Demonstrations.Transfer;

/// <summary>A finished measurement.</summary>
/// <param name="Score">The task's main metric.</param>
/// <param name="Setting">The learning rate or penalty it was made with; null where there is none.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Cell(double Score, double? Setting, double Seconds);

/// <summary>
/// Measurements that are finished, one small file each: a report that was interrupted, or is asked again for more labels or seeds, makes
/// only what is missing.
/// </summary>
internal sealed class CellStore
{
    private readonly string _folder;

    private CellStore(string folder) => _folder = folder;

    /// <summary>Opens the store of a report's folder; what was measured must be the same.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="measured">What decides every measurement: model, data, recipe.</param>
    /// <exception cref="InputException">It holds measurements of something else.</exception>
    public static CellStore Open(string folder, JsonObject measured)
    {
        string path = Path.Combine(folder, "measured.json");
        if (File.Exists(path))
        {
            JsonObject then = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
            foreach ((string key, JsonNode? value) in measured)
            {
                if (then[key]?.ToJsonString() != value?.ToJsonString())
                    throw new InputException(
                        $"{folder} holds measurements with {key} {then[key]?.ToJsonString() ?? "null"}, not "
                            + $"{value?.ToJsonString() ?? "null"}: name another `output`"
                    );
            }
        }
        else
        {
            AtomicFile.WriteText(path, measured.ToJsonString(Graft.Runs.RunFolder.Json) + "\n");
        }

        return new CellStore(folder);
    }

    /// <summary>A measurement that is there; null otherwise.</summary>
    public Cell? Find(string name)
    {
        string path = PathOf(name);
        if (!File.Exists(path)) return null;
        JsonNode cell = JsonNode.Parse(File.ReadAllBytes(path))!;
        return new Cell(cell["score"]!.GetValue<double>(), cell["setting"]?.GetValue<double>(), cell["seconds"]!.GetValue<double>());
    }

    /// <summary>Keeps a measurement.</summary>
    public void Keep(string name, Cell cell) =>
        AtomicFile.WriteText(
            PathOf(name),
            new JsonObject
            {
                ["score"] = cell.Score,
                ["setting"] = cell.Setting,
                ["seconds"] = Math.Round(cell.Seconds, 1),
            }.ToJsonString() + "\n"
        );

    private string PathOf(string name) => Path.Combine(_folder, name + ".json");
}
