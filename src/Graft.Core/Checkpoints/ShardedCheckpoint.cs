using System.Text.Json;

namespace Graft.Checkpoints;

/// <summary>
/// A checkpoint cut into several files, with an index (<c>model.safetensors.index.json</c>) that says which file holds which tensor.
/// </summary>
internal static class ShardedCheckpoint
{
    /// <summary>The index of the largest published models has some megabytes.</summary>
    private const long MaxIndexBytes = 100_000_000;

    /// <summary>Opens every shard that the index names and takes from each the tensors that the index places there.</summary>
    /// <exception cref="CheckpointException">The index or a shard is missing, damaged or hostile.</exception>
    public static Checkpoint Open(string indexPath)
    {
        SortedDictionary<string, List<string>> keysByShard = ReadIndex(indexPath);
        List<Checkpoint> shards = [];
        try
        {
            List<StoredTensor> tensors = [];
            foreach ((string shardName, List<string> keys) in keysByShard)
            {
                Checkpoint shard = Checkpoint.Open(ShardPath(indexPath, shardName));
                shards.Add(shard);
                tensors.AddRange(
                    keys.Select(key =>
                        shard.Find(key) ?? throw new CheckpointException(indexPath, $"places {key} in {shardName}, which does not hold it")
                    )
                );
            }

            return Checkpoint.Join(indexPath, shards, tensors);
        }
        catch
        {
            foreach (Checkpoint shard in shards) shard.Dispose();
            throw;
        }
    }

    /// <summary>A shard lies beside its index: a name that leads elsewhere is an attempt to read other files.</summary>
    private static string ShardPath(string indexPath, string shardName)
    {
        if (shardName is "" or "." or ".." || shardName.AsSpan().IndexOfAny("/\\:\0") >= 0 || !IsShardFormat(shardName))
            throw new CheckpointException(
                indexPath,
                $"names the shard “{shardName}”: only .safetensors and .bin files in the same folder are allowed"
            );
        return Path.Combine(Path.GetDirectoryName(indexPath) ?? "", shardName);
    }

    /// <summary>An index that names an index could name itself.</summary>
    private static bool IsShardFormat(string name) =>
        name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    private static SortedDictionary<string, List<string>> ReadIndex(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        if (file.Length > MaxIndexBytes) throw new CheckpointException(path, $"has {file.Length} bytes: too long for an index");
        try
        {
            Utf8JsonReader reader = new(file.Slice(0, (int)file.Length), new JsonReaderOptions { MaxDepth = 16 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return ReadWeightMap(path, document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, "is not a JSON object with a weight_map of strings", failure);
        }
    }

    private static SortedDictionary<string, List<string>> ReadWeightMap(string path, JsonElement root)
    {
        SortedDictionary<string, List<string>> keysByShard = new(StringComparer.Ordinal);
        if (!root.TryGetProperty("weight_map", out JsonElement weightMap)) throw new CheckpointException(path, "has no weight_map");
        foreach (JsonProperty entry in weightMap.EnumerateObject())
        {
            string shard = entry.Value.GetString() ?? throw new CheckpointException(path, $"places {entry.Name} nowhere (null)");
            if (!keysByShard.TryGetValue(shard, out List<string>? keys)) keysByShard[shard] = keys = [];
            keys.Add(entry.Name);
        }

        return keysByShard.Count > 0 ? keysByShard : throw new CheckpointException(path, "has an empty weight_map");
    }
}
