namespace Graft.Checkpoints;

/// <summary>
/// The tensors of a checkpoint, whatever its format: each is a <see cref="StoredTensor"/> that lies in a mapped file. Opening reads and
/// checks the table of contents only; weights are read when they are copied, straight from the map into their destination.
/// <code>
/// using Checkpoint checkpoint = Checkpoint.Open("all-MiniLM-L6-v2");
/// float[] weight = checkpoint["embeddings.word_embeddings.weight"].ToSingles();
/// </code>
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private static readonly string[] s_pyTorchExtensions = [".bin", ".pt", ".pth"];

    private readonly List<StoredTensor> _tensors;
    private readonly Dictionary<string, StoredTensor> _byName;
    private readonly IReadOnlyList<MappedFile> _files;

    /// <summary>Takes ownership of the files.</summary>
    internal Checkpoint(
        string path,
        CheckpointFormat format,
        IReadOnlyList<MappedFile> files,
        IEnumerable<StoredTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        FilePath = path;
        Format = format;
        _files = files;
        _tensors = [.. tensors];
        _byName = new(_tensors.Count, StringComparer.Ordinal);
        Metadata = metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (StoredTensor tensor in _tensors)
        {
            if (!_byName.TryAdd(tensor.Name, tensor)) throw new CheckpointException(path, $"the key {tensor.Name} appears twice");
        }
    }

    /// <summary>The file it was read from; of a sharded checkpoint the index.</summary>
    public string FilePath { get; }

    /// <summary>The format of the files.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>The files that hold the weights, in the order of the shards.</summary>
    public IEnumerable<string> Files => _files.Select(file => file.FilePath);

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyList<StoredTensor> Tensors => _tensors;

    /// <summary>The names of all tensors, in the order of the file.</summary>
    public IEnumerable<string> Names => _tensors.Select(tensor => tensor.Name);

    /// <summary>Text stored beside the weights (safetensors only), such as {"format": "pt"}.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor with this name.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public StoredTensor this[string name] => Find(name) ?? throw new CheckpointException(FilePath, $"holds no tensor named {name}");

    /// <summary>
    /// Opens a model folder (see <see cref="CheckpointFolder"/>) or one file of weights in any format that Graft reads. A TensorFlow
    /// checkpoint of BERT appears with PyTorch's names and without the optimizer's variables (<see cref="TensorFlowBertNames"/>).
    /// </summary>
    /// <exception cref="CheckpointException">It is missing, damaged or hostile; the message says which file and why.</exception>
    public static Checkpoint Open(string path) => Directory.Exists(path) ? CheckpointFolder.Open(path) : OpenFile(path);

    /// <summary>The tensor with this name, or null.</summary>
    public StoredTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Unmaps the files. Tensors, spans and addresses of this checkpoint must not be used afterwards.</summary>
    public void Dispose()
    {
        foreach (MappedFile file in _files) file.Dispose();
    }

    /// <summary>One checkpoint of several files. Takes over their files.</summary>
    internal static Checkpoint Join(string path, IReadOnlyList<Checkpoint> shards, IEnumerable<StoredTensor> tensors) =>
        new(path, shards[0].Format, [.. shards.SelectMany(shard => shard._files)], tensors);

    /// <summary>
    /// The same files seen with other names or shapes: <paramref name="view"/> answers null for a tensor to leave out. Takes over the
    /// files.
    /// </summary>
    internal Checkpoint Select(Func<StoredTensor, StoredTensor?> view) =>
        new(FilePath, Format, _files, _tensors.Select(view).OfType<StoredTensor>(), Metadata);

    private static Checkpoint OpenFile(string path)
    {
        if (path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
            return ShardedCheckpoint.Open(path);
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return SafetensorsReader.Open(path);
        if (s_pyTorchExtensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
            return PyTorchReader.Open(path);
        if (path.EndsWith(".index", StringComparison.OrdinalIgnoreCase) || File.Exists(path + ".index"))
            return TensorFlowBertNames.Translate(TensorFlowReader.Open(path));
        throw new CheckpointException(
            path,
            File.Exists(path)
                ? "is not a file of weights that Graft knows (.safetensors, .bin, .pt, .pth, .index of TensorFlow)"
                : "no such file or folder"
        );
    }
}

/// <summary>The formats of checkpoints that Graft reads.</summary>
public enum CheckpointFormat
{
    /// <summary>model.safetensors, whole or sharded.</summary>
    Safetensors,

    /// <summary>pytorch_model.bin: pickled tensors in a zip archive or in the older layout, whole or sharded.</summary>
    PyTorch,

    /// <summary>bert_model.ckpt.index with its .data files.</summary>
    TensorFlow,
}
