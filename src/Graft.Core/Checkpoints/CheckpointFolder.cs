namespace Graft.Checkpoints;

/// <summary>Finds the weights in a model folder.</summary>
public static class CheckpointFolder
{
    /// <summary>
    /// The files that may hold the weights, best first, as Hugging Face's libraries prefer them. Safetensors comes first because it is checked
    /// and mapped; a sharded checkpoint is opened through its index; an adapter's file only counts where no whole model is.
    /// </summary>
    private static readonly string[] s_candidates =
    [
        "model.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "pytorch_model.bin.index.json",
        "bert_model.ckpt.index", "model.ckpt.index",
        "adapter_model.safetensors", "adapter_model.bin",
    ];

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="CheckpointException">The folder is missing or has no weights, or they are damaged.</exception>
    public static Checkpoint Open(string folder) => Checkpoint.Open(Find(folder)
        ?? throw new CheckpointException(folder, Directory.Exists(folder) ? $"holds no weights: expected one of {string.Join(", ", s_candidates)}" : "no such folder"));

    /// <summary>The path of the weights (of a sharded checkpoint: of its index), or null.</summary>
    public static string? Find(string folder) => s_candidates.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
