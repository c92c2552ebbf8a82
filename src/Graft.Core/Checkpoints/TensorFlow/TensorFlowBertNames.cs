using System.Text.RegularExpressions;

namespace Graft.Checkpoints;

/// <summary>
/// The names of Google's original BERT checkpoints in the form of the PyTorch checkpoints:
/// <c>bert/encoder/layer_0/output/dense/kernel</c> [in, out] → <c>bert.encoder.layer.0.output.dense.weight</c> [out, in].
/// </summary>
internal static partial class TensorFlowBertNames
{
    /// <summary>Names that follow no rule: heads of the published fine-tuning scripts and the pre-training heads.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new(StringComparer.Ordinal)
    {
        ["cls/predictions/output_bias"] = "cls.predictions.bias",
        ["cls/seq_relationship/output_weights"] = "cls.seq_relationship.weight",
        ["cls/seq_relationship/output_bias"] = "cls.seq_relationship.bias",
        ["cls/squad/output_weights"] = "qa_outputs.weight",
        ["cls/squad/output_bias"] = "qa_outputs.bias",
        ["output_weights"] = "classifier.weight",
        ["output_bias"] = "classifier.bias",
    };

    /// <summary>The last part of a name, which says what the variable is of its layer.</summary>
    private static readonly Dictionary<string, string> s_roles = new(StringComparer.Ordinal)
    {
        ["kernel"] = "weight",
        ["gamma"] = "weight",
        ["bias"] = "bias",
        ["beta"] = "bias",
        ["word_embeddings"] = "word_embeddings.weight",
        ["position_embeddings"] = "position_embeddings.weight",
        ["token_type_embeddings"] = "token_type_embeddings.weight",
    };

    /// <summary>The name that PyTorch checkpoints use, or null for what is no weight of the model (optimizer slots, counters).</summary>
    public static string? ToPyTorch(string name)
    {
        if (s_exceptions.TryGetValue(name, out string? exception)) return exception;
        int lastSlash = name.LastIndexOf('/');
        if (lastSlash < 0 || !(name.StartsWith("bert/", StringComparison.Ordinal) || name.StartsWith("cls/", StringComparison.Ordinal)))
            return null;
        if (!s_roles.TryGetValue(name[(lastSlash + 1)..], out string? role))
            return null;
        return $"{LayerNumber().Replace(name[..lastSlash], "layer/${number}").Replace('/', '.')}.{role}";
    }

    /// <summary>
    /// The checkpoint with PyTorch's names and orientation of matrices; variables that are no weights are left out. Takes over the files.
    /// </summary>
    /// <exception cref="CheckpointException">No variable is one of BERT's.</exception>
    public static Checkpoint Translate(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint translated = checkpoint.Select(tensor => ToPyTorch(tensor.Name) is { } name ? Oriented(tensor).Renamed(name) : null);
        if (translated.Tensors.Count > 0) return translated;
        checkpoint.Dispose();
        throw new CheckpointException(checkpoint.FilePath, "is a TensorFlow checkpoint, but not of BERT: no variable begins with bert/");
    }

    /// <summary>TensorFlow multiplies x·K with a kernel [in, out], PyTorch x·Wᵀ with a weight [out, in].</summary>
    private static StoredTensor Oriented(StoredTensor tensor) =>
        tensor.Shape.Length == 2 && tensor.Name.EndsWith("/kernel", StringComparison.Ordinal) ? tensor.Transposed() : tensor;

    [GeneratedRegex("layer_(?<number>[0-9]+)", RegexOptions.NonBacktracking)]
    private static partial Regex LayerNumber();
}
