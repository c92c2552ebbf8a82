using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Torch.Native;

namespace Graft.Pretrained;

/// <summary>
/// The convex classifier beside an embedding model in sentence-transformers' layout: <c>classifier.safetensors</c> with
/// <c>classifier.weight</c> [labels, width] and <c>classifier.bias</c> [labels] on the vectors that the folder's modules make.
/// </summary>
internal static class VectorClassifierFile
{
    private const string Name = "classifier.safetensors";
    private const string Weight = VectorClassifierHead.OutputName + ".weight", Bias = VectorClassifierHead.OutputName + ".bias";

    /// <summary>Whether a folder has one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Name));

    /// <summary>Writes it.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    /// <param name="folder">The folder of the model.</param>
    /// <param name="weight">[labels, width].</param>
    /// <param name="bias">[labels].</param>
    public static void Write(string folder, float[] weight, float[] bias)
    {
        int outputs = bias.Length;
        SafetensorsWriter.Write(Path.Combine(folder, Name),
        [
            TensorToWrite.FromSingles(Weight, [outputs, weight.Length / outputs], weight),
            TensorToWrite.FromSingles(Bias, [outputs], bias),
        ]);
    }

    /// <summary>Fills the head's parameters.</summary>
    /// <returns>The names.</returns>
    /// <exception cref="InputException">The file is damaged, or is for other labels or vectors.</exception>
    public static unsafe IReadOnlyCollection<string> Load(string folder, VectorClassifierHead head)
    {
        using Checkpoint file = Checkpoint.Open(Path.Combine(folder, Name));
        List<string> names = [];
        foreach (DeclaredParameter parameter in head.Declared())
        {
            StoredTensor stored = file.Find(parameter.Name) ?? throw new InputException($"{file.FilePath}: {parameter.Name} is missing");
            if (!stored.Shape.SequenceEqual(parameter.Value.shape))
                throw new InputException(
                    $"{file.FilePath}: {parameter.Name} is [{string.Join(", ", stored.Shape.ToArray())}], labels and vectors of this "
                        + $"folder ask for {parameter.Value.ShapeText()}"
                );
            stored.CopyTo((float*)Dispatcher.Data(parameter.Value), stored.ElementCount);
            names.Add(parameter.Name);
        }

        return names;
    }
}
