using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Layers;
using Graft.Torch.Compute;

namespace Graft.Pretrained;

/// <summary>
/// What a folder says of its 8 bits (<c>int8.json</c>): it is computed so where nothing else is asked for, with some layers in fp32.
/// </summary>
/// <param name="KeptLayers">The layers that stay in fp32, as checkpoints name them.</param>
internal sealed record Int8Settings(IReadOnlyList<string> KeptLayers)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "int8.json";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>What was lost: metric, exact, quantized, examples; null while it is not measured yet.</summary>
    public JsonObject? Loss { get; init; }

    /// <summary>Whether a folder has the file.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Refuses 8 bits where the processor is not faster with them.</summary>
    /// <exception cref="InputException">It is not.</exception>
    public static void RequireProcessor() => Int8.Require();

    /// <summary>Reads the file; null where a folder has none.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public static Int8Settings? Read(string folder)
    {
        if (!IsIn(folder)) return null;
        string path = Path.Combine(folder, FileName);
        JsonObject json = ModelJson.ReadObject(path);
        if (json["kept_layers"] is not JsonArray kept)
            throw new InputException($"{path}: \"kept_layers\" is missing; write the folder anew with graft export `all`");
        return new Int8Settings([
            .. kept.Select(name =>
                ModelJson.Text(name) ?? throw new InputException($"{path}: \"kept_layers\" has an entry that is no name")
            ),
        ])
        {
            Loss = json["loss"] as JsonObject,
        };
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder) =>
        AtomicFile.WriteText(
            Path.Combine(folder, FileName),
            new JsonObject
            {
                ["format"] = 1,
                ["kept_layers"] = new JsonArray([.. KeptLayers.Select(name => (JsonNode)name)]),
                ["loss"] = Loss?.DeepClone(),
            }.ToJsonString(s_indented) + "\n"
        );

    /// <summary>Keeps the layers in fp32.</summary>
    /// <param name="network">The model.</param>
    /// <param name="folder">For messages.</param>
    /// <exception cref="InputException">The model has no such layer.</exception>
    public void Apply(Network network, string folder)
    {
        Dictionary<string, Projection> layers = network
            .Find<Projection>()
            .ToDictionary(layer => layer.Name, layer => layer.Layer, StringComparer.Ordinal);
        foreach (string name in KeptLayers)
        {
            if (!layers.TryGetValue(name, out Projection? layer))
                throw new InputException($"{Path.Combine(folder, FileName)}: the model has no layer \"{name}\"");
            layer.StaysFp32 = true;
        }
    }
}
