using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Torch;

namespace Graft.Pretrained;

/// <summary>
/// The modules after the pooling that have weights of their own, in folders of their own: 2_Dense/config.json and its weights.
/// </summary>
internal static class EmbeddingModules
{
    private const string Weight = "linear.weight", Bias = "linear.bias", NormWeight = "norm.weight", NormBias = "norm.bias";

    /// <summary>A matrix with an activation.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or does not fit the other.</exception>
    public static DenseStep ReadDense(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        JsonObject json = ReadConfig(path);
        string name = ModelJson.Text(json["activation_function"]) ?? "torch.nn.modules.activation.Tanh";
        using Checkpoint weights = Checkpoint.Open(folder);
        StoredTensor matrix = Find(weights, Weight);
        if (matrix.Shape.Length != 2) throw new InputException($"{weights.FilePath}: {Weight} is no matrix");
        (int width, int before) = ((int)matrix.Shape[0], (int)matrix.Shape[1]);
        if (ModelJson.Positive(json, "out_features", path) is int stated && stated != width)
            throw new InputException($"{path}: out_features is {stated}, but {Weight} has {width} rows");
        if (ModelJson.Positive(json, "in_features", path) is int from && from != before)
            throw new InputException($"{path}: in_features is {from}, but {Weight} has {before} columns");
        bool hasBias = ModelJson.Flag(json, "bias", path) ?? true;
        return new DenseStep(Values(matrix), width, hasBias ? Values(Find(weights, Bias)) : null, ActivationOf(name, path), name);
    }

    /// <summary>A norm.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static LayerNormStep ReadLayerNorm(string folder)
    {
        _ = ReadConfig(Path.Combine(folder, "config.json"));
        using Checkpoint weights = Checkpoint.Open(folder);
        return new LayerNormStep(Values(Find(weights, NormWeight)), Values(Find(weights, NormBias)));
    }

    /// <summary>Writes a module's files; a division by the length has none.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(string folder, EmbeddingStep step)
    {
        switch (step)
        {
            case DenseStep dense:
                ModelJson.Write(
                    Path.Combine(folder, "config.json"),
                    new JsonObject
                    {
                        ["in_features"] = dense.WidthBefore,
                        ["out_features"] = dense.Width,
                        ["bias"] = dense.Bias is not null,
                        ["activation_function"] = dense.ActivationName,
                    }
                );
                WriteWeights(
                    folder,
                    dense.Bias is null
                        ? [(Weight, dense.Weight, [dense.Width, dense.WidthBefore])]
                        : [(Weight, dense.Weight, [dense.Width, dense.WidthBefore]), (Bias, dense.Bias, [dense.Width])]
                );
                break;
            case LayerNormStep norm:
                ModelJson.Write(Path.Combine(folder, "config.json"), new JsonObject { ["dimension"] = norm.Weight.Length });
                WriteWeights(folder, [(NormWeight, norm.Weight, [norm.Weight.Length]), (NormBias, norm.Bias, [norm.Bias.Length])]);
                break;
        }
    }

    private static unsafe void WriteWeights(string folder, (string Name, float[] Values, long[] Shape)[] tensors)
    {
        System.Runtime.InteropServices.GCHandle[] pins =
        [
            .. tensors.Select(tensor =>
                System.Runtime.InteropServices.GCHandle.Alloc(tensor.Values, System.Runtime.InteropServices.GCHandleType.Pinned)
            ),
        ];
        try
        {
            SafetensorsWriter.Write(
                Path.Combine(folder, "model.safetensors"),
                tensors.Select(
                    (tensor, i) => TensorToWrite.FromAddress(tensor.Name, ElementType.F32, tensor.Shape, pins[i].AddrOfPinnedObject())
                )
            );
        }
        finally
        {
            foreach (System.Runtime.InteropServices.GCHandle pin in pins) pin.Free();
        }
    }

    private static JsonObject ReadConfig(string path) =>
        File.Exists(path) ? ModelJson.ReadObject(path) : throw new InputException($"{path}: no such file, but modules.json names it");

    private static StoredTensor Find(Checkpoint weights, string name) => weights.Tensors.FirstOrDefault(tensor => tensor.Name == name)
        ?? throw new InputException($"{weights.FilePath}: {name} is missing; the file has {string.Join(", ", weights.Names.Take(4))}");

    private static unsafe float[] Values(StoredTensor tensor)
    {
        float[] values = new float[checked((int)tensor.ElementCount)];
        fixed (float* start = values) tensor.CopyTo(start, values.Length);
        return values;
    }

    // torch.nn.modules.activation.Tanh, torch.nn.modules.linear.Identity, transformers.activations.GELUActivation …
    private static Activation ActivationOf(string name, string path) => name[(name.LastIndexOf('.') + 1)..] switch
    {
        "Tanh" => Activation.Tanh,
        "Identity" => Activation.None,
        "ReLU" => Activation.Relu,
        "GELU" or "GELUActivation" => Activation.GeluErf,
        "Sigmoid" => Activation.Sigmoid,
        "SiLU" or "SiLUActivation" => Activation.Silu,
        _ => throw new InputException($"{path}: activation_function is {name}; Tanh, Identity, ReLU, GELU, Sigmoid and SiLU are known"),
    };
}
