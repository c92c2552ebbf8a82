using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Pretrained;

namespace Graft.Pretraining;

/// <summary>
/// Model configurations that come with Graft, by name: <c>modernbert-small</c> is the small-budget recipe, <c>electra-mini-3x384</c> a
/// student of a sentence encoder of width 384 (<c>models/graft-small</c>).
/// </summary>
public static class ShippedConfigs
{
    private const string Prefix = "Graft.Pretraining.Configs.", Suffix = ".json";

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(ShippedConfigs)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A shipped configuration, or that of a file or model folder.</summary>
    /// <param name="nameOrPath">Name or path.</param>
    /// <exception cref="InputException">There is neither, or the file is no configuration.</exception>
    public static ModelConfig Read(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        if (!Names.Contains(nameOrPath, StringComparer.Ordinal))
        {
            if (!Path.Exists(nameOrPath))
                throw new InputException(
                    $"{nameOrPath}: no such file, and no shipped configuration of that name ({string.Join(", ", Names)})"
                );
            return PretrainedModel.ReadConfig(nameOrPath);
        }

        using Stream stream = typeof(ShippedConfigs).Assembly.GetManifestResourceStream(Prefix + nameOrPath + Suffix)!;
        JsonObject json = JsonNode.Parse(stream)!.AsObject();
        return ModelFamilies.Of((string)json["model_type"]!, nameOrPath).ReadConfig(json);
    }
}
