using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Torch.Compute;

namespace Graft.Pretrained;

/// <summary>A file of weights as it lies on the disk.</summary>
/// <param name="Path">The path.</param>
/// <param name="Bytes">The size.</param>
public sealed record WeightFile(string Path, long Bytes);

/// <summary>What one text of a length costs.</summary>
/// <param name="Tokens">T.</param>
/// <param name="Operations">Multiplications and additions of one forward pass through the layers.</param>
/// <param name="AttentionShare">The part of them that grows with T²: scores and weighted sums.</param>
/// <param name="ScoreBytes">All attention probabilities in fp32, as an explicit T × T attention would keep them.</param>
public sealed record AttentionCost(int Tokens, double Operations, double AttentionShare, long ScoreBytes);

/// <summary>What a model folder, a configuration or a file of weights holds.</summary>
public sealed record ModelInspection
{
    private static readonly int[] s_lengths = [64, 128, 256, 512];

    /// <summary>The configuration; null for a bare file of weights.</summary>
    public ModelConfig? Config { get; init; }

    /// <summary>The head the checkpoint was saved with.</summary>
    public string Head { get; init; } = HeadKinds.None;

    /// <summary>Parameters of the backbone with its pooler.</summary>
    public long BackboneParameters { get; init; }

    /// <summary>Parameters that the head adds, shared ones left out.</summary>
    public long HeadParameters { get; init; }

    /// <summary>Parameters by part: "embeddings", "encoder.layer" (all layers), "pooler" …</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Parts { get; init; } = [];

    /// <summary>Costs at 64, 128, 256 and 512 tokens, as far as the position table goes.</summary>
    public IReadOnlyList<AttentionCost> Costs { get; init; } = [];

    /// <summary>The format of the weights; null where there are none.</summary>
    public CheckpointFormat? Format { get; init; }

    /// <summary>The files of weights.</summary>
    public IReadOnlyList<WeightFile> Files { get; init; } = [];

    /// <summary>Name, type and shape of every tensor in them.</summary>
    public IReadOnlyList<string> Tensors { get; init; } = [];

    /// <summary>Missing and unexpected keys; null without configuration and weights.</summary>
    public LoadReport? Report { get; init; }

    /// <summary>
    /// Looks at a model folder, a config.json, or a file of weights; every byte of the weights is checked as far as its format allows.
    /// </summary>
    /// <exception cref="InputException">Something is missing, broken or hostile: one line that names it.</exception>
    public static ModelInspection Of(string path)
    {
        ModelInspection found = new();
        bool folder = Directory.Exists(path);
        if (!folder && !File.Exists(path)) throw new InputException($"{path}: no such file or folder");
        if (folder ? CheckpointFolder.Find(path) is not null : !IsConfig(path)) found = found.WithWeights(path);
        if (folder ? HasConfig(path) : IsConfig(path)) found = found.WithConfig(path);
        if (found.Config is null && found.Files.Count == 0) throw new InputException($"{path}: neither config.json nor weights");
        if (found.Config is null || found.Files.Count == 0) return found;
        using PretrainedModel model = PretrainedModel.Load(path);
        return found with { Report = model.Report };
    }

    private static bool HasConfig(string folder) =>
        File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "bert_config.json"));

    private static bool IsConfig(string file) =>
        file.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase);

    private unsafe ModelInspection WithWeights(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        foreach (StoredTensor tensor in checkpoint.Tensors)
        {
            if (tensor.IsContiguous && tensor.ByteCount > 0) _ = tensor.Pointer; // compares the checksum where the format has one
        }

        return this with
        {
            Format = checkpoint.Format,
            Files = [.. checkpoint.Files.Distinct(StringComparer.Ordinal).Select(file => new WeightFile(file, new FileInfo(file).Length))],
            Tensors = [.. checkpoint.Tensors.Select(tensor => tensor.ToString())],
        };
    }

    private ModelInspection WithConfig(string path)
    {
        ModelConfig config = PretrainedModel.ReadConfig(path);
        string head = config.Architecture is string name ? ModelHeads.KindOf(config, name) : HeadKinds.None;
        Engine.Start();
        Network whole = Network.Build(config, head);
        try
        {
            HashSet<string> own = [.. whole.Backbone.Declared(whole.Prefix).Select(parameter => parameter.Name)];
            return this with
            {
                Config = config,
                Head = head,
                BackboneParameters = whole.Backbone.ParameterCount,
                HeadParameters = whole
                    .Declared()
                    .Where(parameter => !own.Contains(parameter.Name))
                    .Sum(parameter => parameter.Value.numel()),
                Parts = [.. Sum(whole.Backbone.Declared())],
                Costs =
                [
                    .. s_lengths
                        .Where(length => whole.Backbone.PositionLimit is not int limit || length <= limit)
                        .Select(length => Cost(whole.Backbone, length)),
                ],
            };
        }
        finally
        {
            whole.Release();
        }
    }

    private static Dictionary<string, long> Sum(IEnumerable<DeclaredParameter> parameters)
    {
        Dictionary<string, long> parts = new(StringComparer.Ordinal);
        foreach (DeclaredParameter parameter in parameters)
        {
            string[] names = parameter.Name.Split('.');
            int number = Array.FindIndex(names, name => name.All(char.IsAsciiDigit));
            string part = number > 0 ? string.Join('.', names[..number]) : names[0];
            parts[part] = parts.GetValueOrDefault(part) + parameter.Value.numel();
        }

        return parts;
    }

    private static AttentionCost Cost(Backbone backbone, int tokens)
    {
        ModelConfig config = backbone.Config;
        double matrices = backbone.Blocks.Count == 0 ? 0 : backbone.Blocks[0].Find<Projection>().Sum(found => found.Layer.Weight.numel());
        double linear = 2.0 * tokens * matrices * config.LayerCount,
            quadratic = 4.0 * tokens * tokens * config.HiddenSize * config.LayerCount;
        return new AttentionCost(
            tokens,
            linear + quadratic,
            quadratic / (linear + quadratic),
            (long)tokens * tokens * config.HeadCount * config.LayerCount * sizeof(float)
        );
    }
}
