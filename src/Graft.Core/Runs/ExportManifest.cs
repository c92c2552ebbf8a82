using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;

namespace Graft.Runs;

/// <summary>
/// What an exported folder says of its ONNX file (<c>onnx.json</c>): how to feed it and what its scores are. The file's configuration,
/// tokenizer and (of a run) <c>graft.json</c>
/// lie beside it.
/// </summary>
/// <param name="Architecture">The published class's name, for messages.</param>
/// <param name="Head">What stands on the backbone.</param>
/// <param name="Labels">The labels in the order of the scores.</param>
public sealed record ExportManifest(string Architecture, string Head, IReadOnlyList<string> Labels)
{
    /// <summary>The manifest's name in a folder.</summary>
    public const string FileName = "onnx.json";

    /// <summary>The graph's name in a folder.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The name of the weights of a graph that is too large for one file.</summary>
    public const string DataFile = "model.onnx_data";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The configuration's <c>problem_type</c>; null where it does not say.</summary>
    public string? ProblemType { get; init; }

    /// <summary>"portable" or "fused".</summary>
    public required string Graph { get; init; }

    /// <summary>"fp32", "fp16" or "int8".</summary>
    public required string Precision { get; init; }

    /// <summary>The longest text, in tokens; null where nothing bounds it.</summary>
    public int? PositionLimit { get; init; }

    /// <summary>The most tokens of a text by its sentence-transformers files; null where there are none.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether texts are made lower case before the tokenizer sees them, by its sentence-transformers files.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Texts that may stand before a text, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of the prompt that stands before every text where none is asked for; null for none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>False where a prompt's tokens would have to be left out of the pooling.</summary>
    public bool IncludesPrompt { get; init; } = true;

    /// <summary>What scores of numbers go through: "none", "sigmoid" …, as published cross-encoders name it.</summary>
    public string OutputActivation { get; init; } = "None";

    /// <summary>What fills a batch's shorter rows.</summary>
    public int PadTokenId { get; init; }

    /// <summary>Values in a hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The number of the model's parameters.</summary>
    public long ParameterCount { get; init; }

    /// <summary>Which token states make a text's vector: the ways whose vectors are joined; none where the head makes no vector.</summary>
    public IReadOnlyList<EmbeddingPooling> Poolings { get; init; } = [];

    /// <summary>Values in a text's vector; null where they are as many as in a hidden state.</summary>
    public int? VectorSize { get; init; }

    /// <summary>Whether vectors have length 1.</summary>
    public bool Normalizes { get; init; }

    /// <summary>
    /// One range of the activations of a whole batch: texts go through one by one, so that answers do not depend on their neighbours.
    /// </summary>
    public bool OneTextARun { get; init; }

    /// <summary>What 8 bits cost; null where there are none.</summary>
    public ExportLoss? Loss { get; init; }

    /// <summary>Layers that stayed in floating point in a file of 8 bits.</summary>
    public IReadOnlyList<string> KeptLayers { get; init; } = [];

    /// <summary>Sizes and CRC-32C of the files, so that a damaged one is told from a whole one.</summary>
    internal IReadOnlyList<ExportedFile> Files { get; init; } = [];

    /// <summary>Whether a folder is an exported one.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="InputException">It is missing or damaged; one line says what.</exception>
    public static ExportManifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new InputException($"{path}: no such file; write the folder with graft export");
        try
        {
            if (new FileInfo(path).Length > 1 << 26)
                throw new FormatException("it is larger than 64 MB");
            JsonObject json =
                JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new JsonDocumentOptions { MaxDepth = 16 }) as JsonObject
                ?? throw new FormatException("a JSON object is expected");
            return FromJson(json);
        }
        catch (Exception failure)
            when (failure is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new InputException($"{path} is damaged: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
    }

    /// <summary>Writes the manifest of the files that lie in a folder.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder)
    {
        ExportManifest whole = this with
        {
            Files =
            [
                .. new[] { ModelFile, DataFile }
                    .Where(name => File.Exists(Path.Combine(folder, name)))
                    .Select(name => ExportedFile.Of(folder, name)),
            ],
        };
        AtomicFile.WriteText(Path.Combine(folder, FileName), whole.ToJson().ToJsonString(s_indented).ReplaceLineEndings("\n") + "\n");
    }

    /// <summary>Refuses a folder whose files are not those that were written.</summary>
    /// <exception cref="InputException">Names the file.</exception>
    public void RequireWhole(string folder)
    {
        if (Files.Count == 0 || Files[0].Name != ModelFile)
            throw new InputException($"{Path.Combine(folder, FileName)} is damaged: {ModelFile} is not among its files");
        foreach (ExportedFile file in Files)
            file.RequireWhole(folder);
    }

    private JsonObject ToJson() =>
        new()
        {
            ["format"] = 1,
            ["architecture"] = Architecture,
            ["head"] = Head,
            ["labels"] = new JsonArray([.. Labels.Select(label => (JsonNode)label)]),
            ["problem_type"] = ProblemType,
            ["graph"] = Graph,
            ["precision"] = Precision,
            ["position_limit"] = PositionLimit,
            ["max_length"] = MaxLength,
            ["lower_case"] = LowerCase,
            ["prompts"] = new JsonObject(Prompts.Select(prompt => KeyValuePair.Create(prompt.Key, (JsonNode?)prompt.Value))),
            ["default_prompt"] = DefaultPrompt,
            ["includes_prompt"] = IncludesPrompt,
            ["output_activation"] = OutputActivation,
            ["pad_token_id"] = PadTokenId,
            ["hidden_size"] = HiddenSize,
            ["parameters"] = ParameterCount,
            ["pooling"] = Poolings.Count == 0 ? null : string.Join('+', Poolings),
            ["vector_size"] = VectorSize,
            ["normalizes"] = Normalizes,
            ["one_text_a_run"] = OneTextARun,
            ["loss"] = Loss?.ToJson(),
            ["kept_layers"] = new JsonArray([.. KeptLayers.Select(layer => (JsonNode)layer)]),
            ["files"] = new JsonArray([.. Files.Select(file => (JsonNode)file.ToJson())]),
        };

    private static ExportManifest FromJson(JsonObject json)
    {
        if ((int?)json["format"] != 1)
            throw new FormatException($"\"format\" is {json["format"]?.ToJsonString() ?? "missing"}; 1 is known");
        string head = Text(json, "head");
        return new ExportManifest(Text(json, "architecture"), head, Texts(json, "labels"))
        {
            ProblemType = (string?)json["problem_type"],
            Graph = Text(json, "graph"),
            Precision = Text(json, "precision"),
            PositionLimit = Positive(json, "position_limit"),
            MaxLength = Positive(json, "max_length"),
            LowerCase = (bool?)json["lower_case"] ?? false,
            Prompts = (json["prompts"] as JsonObject ?? []).ToDictionary(
                prompt => prompt.Key,
                prompt => (string?)prompt.Value ?? throw new FormatException("\"prompts\" has an entry that is no text"),
                StringComparer.Ordinal
            ),
            DefaultPrompt = (string?)json["default_prompt"],
            IncludesPrompt = (bool?)json["includes_prompt"] ?? true,
            OutputActivation = (string?)json["output_activation"] ?? "None",
            PadTokenId = (int?)json["pad_token_id"] ?? 0,
            HiddenSize = Positive(json, "hidden_size") ?? throw new FormatException("\"hidden_size\" is missing"),
            ParameterCount = (long?)json["parameters"] ?? 0,
            Poolings =
            [
                .. ((string?)json["pooling"])?.Split('+').Select(name => Named<EmbeddingPooling>(name, "pooling")) ?? [],
            ],
            VectorSize = Positive(json, "vector_size"),
            Normalizes = (bool?)json["normalizes"] ?? false,
            OneTextARun = (bool?)json["one_text_a_run"] ?? false,
            Loss = json["loss"] is JsonObject loss ? ExportLoss.FromJson(loss) : null,
            KeptLayers = Texts(json, "kept_layers"),
            Files =
            [
                .. (json["files"] as JsonArray ?? []).Select(file =>
                    ExportedFile.FromJson(file as JsonObject ?? throw new FormatException("\"files\" has an entry that is no object"))
                ),
            ],
        };
    }

    private static string Text(JsonObject json, string key) => (string?)json[key] ?? throw new FormatException($"\"{key}\" is missing");

    private static string[] Texts(JsonObject json, string key) =>
        [
            .. (json[key] as JsonArray ?? []).Select(text =>
                (string?)text ?? throw new FormatException($"\"{key}\" has an entry that is no text")
            ),
        ];

    private static int? Positive(JsonObject json, string key) =>
        (int?)json[key] is int value
            ? value > 0
                ? value
                : throw new FormatException($"\"{key}\" is {value}")
            : null;

    private static T Named<T>(string name, string key)
        where T : struct, Enum =>
        Enum.TryParse(name, out T value) && Enum.IsDefined(value) ? value : throw new FormatException($"\"{key}\" is \"{name}\"");
}

/// <summary>What 8 bits cost.</summary>
/// <param name="Metric">What was measured: the task's main metric, or "cosine".</param>
/// <param name="Exact">In floating point.</param>
/// <param name="Quantized">The layers of 8 bits in the file.</param>
/// <param name="Examples">On so many examples.</param>
public sealed record ExportLoss(string Metric, double Exact, double Quantized, int Examples)
{
    /// <summary>What was lost; negative for a gain.</summary>
    public double Lost => Exact - Quantized;

    internal JsonObject ToJson() => new() { ["metric"] = Metric, ["exact"] = Exact, ["quantized"] = Quantized, ["examples"] = Examples };

    internal static ExportLoss FromJson(JsonObject json) =>
        new(
            (string?)json["metric"] ?? throw new FormatException("\"loss\" has no metric"),
            (double?)json["exact"] ?? 0,
            (double?)json["quantized"] ?? 0,
            (int?)json["examples"] ?? 0
        );
}

/// <summary>A file of an exported folder.</summary>
/// <param name="Name">The name.</param>
/// <param name="Bytes">The size.</param>
/// <param name="Crc32C">The checksum.</param>
internal sealed record ExportedFile(string Name, long Bytes, uint Crc32C)
{
    internal static ExportedFile Of(string folder, string name)
    {
        using MappedFile file = MappedFile.Open(Path.Combine(folder, name));
        return new ExportedFile(name, file.Length, Checkpoints.Crc32C.Compute(file, 0, file.Length));
    }

    internal void RequireWhole(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            throw new InputException($"{path}: no such file, but {ExportManifest.FileName} names it");
        if (new FileInfo(path).Length != Bytes)
            throw new InputException($"{path} is damaged: it has {new FileInfo(path).Length} bytes instead of {Bytes}; export it anew");
        if (Of(folder, Name).Crc32C != Crc32C)
            throw new InputException($"{path} is damaged: its checksum is not the one in {ExportManifest.FileName}; export it anew");
    }

    internal JsonObject ToJson() => new() { ["name"] = Name, ["bytes"] = Bytes, ["crc32c"] = Crc32C };

    internal static ExportedFile FromJson(JsonObject json)
    {
        string name = (string?)json["name"] ?? throw new FormatException("a file has no name");
        if (name is not (ExportManifest.ModelFile or ExportManifest.DataFile))
            throw new FormatException($"the file \"{name}\" is none of an export's");
        return new ExportedFile(name, (long?)json["bytes"] ?? -1, (uint?)json["crc32c"] ?? 0);
    }
}
