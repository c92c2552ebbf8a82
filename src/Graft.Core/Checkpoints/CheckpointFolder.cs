namespace Graft.Checkpoints;

/// <summary>Finds the weights in a model folder.</summary>
public static class CheckpointFolder
{
    /// <summary>
    /// The files that may hold the weights, best first, as Hugging Face's libraries prefer them. Safetensors comes first because it is
    /// checked and mapped; a sharded checkpoint is opened through its index; an adapter's file only counts where no whole model is.
    /// </summary>
    private static readonly string[] s_candidates =
    [
        "model.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "pytorch_model.bin.index.json",
        "bert_model.ckpt.index", "model.ckpt.index",
        "adapter_model.safetensors", "adapter_model.bin",
    ];

    // Weights of other programs, by the ends of their names.
    private static readonly (string Ending, string Kind)[] s_others =
    [
        (".h5", "TensorFlow/Keras"),
        (".msgpack", "Flax"),
        (".onnx", "ONNX"),
        (".gguf", "GGUF"),
        (".ggml", "GGML"),
        (".ot", "Rust"),
        (".tflite", "TensorFlow Lite"),
        (".mlmodel", "Core ML"),
        (".mlpackage", "Core ML"),
        ("openvino_model.bin", "OpenVINO"),
        (".pb", "TensorFlow"),
        (".nemo", "NeMo"),
        (".npz", "NumPy"),
        (".ckpt", "a checkpoint of training"),
    ];

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="CheckpointException">The folder is missing or has no weights, or they are damaged.</exception>
    public static Checkpoint Open(string folder) =>
        Checkpoint.Open(Find(folder) ?? throw new CheckpointException(folder, WhatIsThere(folder)));

    /// <summary>What a folder without weights that Graft reads has instead, for an error.</summary>
    /// <param name="names">The files, with their paths below it.</param>
    public static string WhatIsThere(IEnumerable<string> names)
    {
        string[] found =
        [
            .. names.SelectMany(name =>
                s_others
                    .Where(other => name.EndsWith(other.Ending, StringComparison.OrdinalIgnoreCase))
                    .Take(1)
                    .Select(other => $"{name} ({other.Kind})")
            ),
        ];
        string expected = string.Join(", ", s_candidates.Take(4));
        if (found.Length == 0) return $"holds no weights: expected one of {expected}";
        string others = found.Length > 4 ? $" and {found.Length - 4} more" : "";
        return $"holds no weights that Graft reads, but {string.Join(", ", found.Take(4))}{others}: expected one of {expected}";
    }

    private static string WhatIsThere(string folder) => Directory.Exists(folder)
        ? WhatIsThere(Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 })
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal))
        : "no such folder";

    /// <summary>The path of the weights (of a sharded checkpoint: of its index), or null.</summary>
    public static string? Find(string folder) => s_candidates.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
