using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Layers;
using Graft.Torch.Native;

namespace Graft.Tuning.Files;

/// <summary>
/// An adapter on disk: <c>adapter_config.json</c> and its weights, as PEFT or AdapterHub read them. Written ones also say which base they
/// are for: its id and the SHA-256 of its weights lie in the metadata of <c>adapter_model.safetensors</c>.
/// </summary>
internal sealed class AdapterFolder : IDisposable
{
    public const string ConfigFile = "adapter_config.json", WeightsFile = "adapter_model.safetensors";
    private const string BaseKey = "base_model", HashKey = "base_model_sha256";
    private const string HubWeightsFile = "pytorch_adapter.bin", HubHeadFile = "pytorch_model_head.bin", HubHeadConfig = "head_config.json";

    private static readonly string[] s_weights = [WeightsFile, "adapter_model.bin", "adapter.safetensors", HubWeightsFile];
    private static readonly string[] s_heads = ["model_head.safetensors", HubHeadFile];
    private static readonly string[] s_outputs = ["classifier.weight", "classifier.out_proj.weight", "score.weight"];
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly AdapterFormat _format;
    private readonly Checkpoint _weights;
    private readonly Checkpoint? _head;

    private AdapterFolder(string path, AdapterJson config, AdapterFormat format, Checkpoint weights, Checkpoint? head)
    {
        (Path, Config, _format, _weights, _head) = (path, config, format, weights, head);
        Tensors = [.. weights.Tensors, .. head?.Tensors ?? []];
    }

    public string Path { get; }

    public AdapterJson Config { get; }

    /// <summary>The weights, the head's included.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>What the adapter's task needs on the backbone; null where the folder does not say.</summary>
    public string? Head => _format.Head(Config);

    /// <summary>The base that the folder names; null where it names none.</summary>
    public string? BaseModel => _weights.Metadata.GetValueOrDefault(BaseKey) ?? _format.BaseModel(Config);

    /// <summary>The SHA-256 of the base's weights; null in folders that other libraries wrote.</summary>
    public string? BaseSha256 => _weights.Metadata.GetValueOrDefault(HashKey);

    /// <summary>True for a folder with an adapter and no model of its own.</summary>
    public static bool IsAdapter(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, ConfigFile))
        && (
            CheckpointFolder.Find(folder) is not string found
            || System.IO.Path.GetFileName(found).StartsWith("adapter_model", StringComparison.Ordinal)
        );

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">A file is missing, damaged, or of an unknown kind.</exception>
    public static AdapterFolder Open(string folder)
    {
        AdapterJson config = AdapterJson.Read(System.IO.Path.Combine(folder, ConfigFile));
        AdapterFormat format = AdapterFormat.Of(config);
        Checkpoint weights = First(folder, s_weights)
            ?? throw new InputException($"{folder}: holds no weights of an adapter: expected one of {string.Join(", ", s_weights)}");
        try
        {
            bool isWhole = System.IO.Path.GetFileName(weights.FilePath) == WeightsFile;
            return new AdapterFolder(folder, config, format, weights, isWhole ? null : First(folder, s_heads));
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The strategy that makes the parts which the folder's weights fill.</summary>
    public TuningStrategy Strategy() => _format.Strategy(Config, Tensors);

    /// <summary>What a classifier on frozen features sees; null for other adapters.</summary>
    public Heads.FeatureOptions? Features => _format is FeatureFormat ? FeatureFormat.Features(Config) : null;

    /// <summary>How many scores the adapter's classifier gives: the rows of its last matrix; null where the folder has none.</summary>
    public int? OutputCount =>
        Tensors.LastOrDefault(tensor => s_outputs.Any(ending => tensor.Name.EndsWith(ending, StringComparison.Ordinal))) is { } stored
            ? checked((int)stored.Shape[0])
            : null;

    /// <summary>
    /// Puts the adapter on a model: fills slots, copies the new parts' values and those of the model's own parameters that it keeps.
    /// </summary>
    /// <param name="model">The whole model.</param>
    /// <param name="backbone">The backbone.</param>
    /// <param name="place">Where the value of a model's own parameter goes; null: into the parameter itself.</param>
    /// <exception cref="InputException">The adapter does not fit the model.</exception>
    public Adapter Attach(Layer model, Backbone backbone, Func<DeclaredParameter, DeclaredParameter>? place = null)
    {
        TuningStrategy strategy = Strategy();
        Dictionary<string, DeclaredParameter> own = model.Declared().ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        List<DeclaredParameter> saved = [];
        Adapter adapter = strategy.Attach(model, backbone, saved);
        Dictionary<string, DeclaredParameter> missing = adapter
            .Parts.Declared()
            .ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (StoredTensor stored in Tensors)
        {
            if (stored.Name.Contains(".original_module.", StringComparison.Ordinal))
                continue; // what PEFT keeps of the base beside a trained copy
            string[] names = [.. _format.ModelNames(stored.Name)];
            if (Array.Find(names, missing.ContainsKey) is string part)
            {
                missing.Remove(part, out DeclaredParameter? empty);
                Copy(stored, empty!);
            }
            else if (Array.Find(names, own.ContainsKey) is string name)
            {
                DeclaredParameter target = place?.Invoke(own[name]) ?? own[name];
                Copy(stored, target);
                saved.Add(target);
            }
            else
            {
                throw new InputException($"{Path}: {stored.Name} belongs to no part of this {backbone.Config.ModelType} model");
            }
        }

        if (missing.Count > 0) throw new InputException($"{Path}: {missing.Count} tensors are missing, first {missing.Keys.First()}");
        return adapter;
    }

    /// <summary>Writes an adapter so that PEFT or AdapterHub, and Graft, open it.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public static void Write(string folder, AdapterTarget target)
    {
        AdapterFormat format = AdapterFormat.For(target.Adapter.Strategy);
        if (format is AdapterHubFormat)
            WriteForAdapterHub(folder, target);
        Write(
            folder,
            format.Config(target),
            target.Adapter.Parameters.Select(parameter => ToWrite(format.Key(target.Adapter.Strategy, parameter.Name), parameter.Value)),
            target.Base
        );
    }

    /// <summary>Writes a configuration and weights that say which base they are for.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public static void Write(string folder, JsonObject config, IEnumerable<TensorToWrite> tensors, AdapterBase basis)
    {
        Dictionary<string, string> metadata = new(SafetensorsWriter.PyTorchMetadata, StringComparer.Ordinal) { [BaseKey] = basis.Id };
        if (basis.Sha256 is string hash) metadata[HashKey] = hash;
        SafetensorsWriter.Write(System.IO.Path.Combine(folder, WeightsFile), tensors, metadata);
        AtomicFile.WriteText(System.IO.Path.Combine(folder, ConfigFile), config.ToJsonString(s_json) + "\n");
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        _weights.Dispose();
        _head?.Dispose();
    }

    /// <summary>The two files that AdapterHub's library opens: the adapter's own parts, and the head.</summary>
    private static void WriteForAdapterHub(string folder, AdapterTarget target)
    {
        PyTorchWriter.Write(
            System.IO.Path.Combine(folder, HubWeightsFile),
            target.Adapter.Parts.Declared().Select(part => ToWrite(part.Name, part.Value))
        );
        if (target.Adapter.Saved.Count == 0)
            return;
        PyTorchWriter.Write(
            System.IO.Path.Combine(folder, HubHeadFile),
            target.Adapter.Saved.Select(parameter => ToWrite(parameter.Name, parameter.Value))
        );
        AtomicFile.WriteText(
            System.IO.Path.Combine(folder, HubHeadConfig),
            AdapterHubFormat.HeadConfig(target).ToJsonString(s_json) + "\n"
        );
    }

    private static Checkpoint? First(string folder, string[] names) =>
        names.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists) is string path
            ? Checkpoint.Open(path)
            : null;

    private unsafe void Copy(StoredTensor stored, DeclaredParameter target)
    {
        if (!stored.Shape.SequenceEqual(target.Value.shape))
            throw new InputException(
                $"{Path}: {stored.Name} is [{string.Join(", ", stored.Shape.ToArray())}], this model needs "
                    + $"[{string.Join(", ", target.Value.shape)}]: the adapter is for another model"
            );
        stored.CopyTo(Dispatcher.Data(target.Value), stored.ElementCount);
    }

    private static unsafe TensorToWrite ToWrite(string name, TorchSharp.Modules.Parameter values) =>
        TensorToWrite.FromAddress(name, ElementType.F32, values.shape, (nint)Dispatcher.Data(values));
}
