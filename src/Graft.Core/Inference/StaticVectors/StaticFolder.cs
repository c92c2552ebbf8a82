using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Tokenizers;

namespace Graft.Inference.StaticVectors;

/// <summary>
/// A folder of static vectors, in one of two layouts. model2vec's: config.json with <c>model_type</c> model2vec, model.safetensors with
/// <c>embeddings</c> and, in newer versions, <c>mapping</c> and <c>weights</c>. sentence-transformers': modules.json begins with
/// StaticEmbedding, whose folder (0_StaticEmbedding) has <c>embedding.weight</c>.
/// A folder that is both is read as model2vec reads it.
/// </summary>
/// <param name="Table">The vectors.</param>
/// <param name="Tokenizer">Without special tokens.</param>
/// <param name="CharactersAToken">The median length of a token: model2vec cuts a text to so many characters a token before it is tokenized;
/// null: it is not cut.</param>
/// <param name="Texts">The length limit, prompts.</param>
internal sealed record StaticFolder(StaticTable Table, Tokenizer Tokenizer, int? CharactersAToken, TextSettings Texts)
{
    /// <summary>The value of <c>model_type</c>.</summary>
    public const string ModelType = "model2vec";

    private const string ConfigFile = "config.json",
        ModulesFile = "modules.json",
        WeightsFile = "model.safetensors",
        TokenizerFile = "tokenizer.json";
    private const string Embeddings = "embeddings",
        Mapping = "mapping",
        Weights = "weights",
        Bag = "embedding.weight";
    private const int UsualLength = 512; // model2vec's

    /// <summary>Whether a folder is one; damaged files are left to whoever reads them.</summary>
    public static bool IsIn(string folder)
    {
        try
        {
            return IsModel2Vec(folder) || ModuleFolder(folder) is not null;
        }
        catch (Exception failure) when (failure is InputException or IOException)
        {
            return false;
        }
    }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">In one of the two layouts.</param>
    /// <param name="normalizes">Whether texts' vectors are brought to length 1; null: as the folder says.</param>
    /// <exception cref="InputException">A file is missing or damaged, or does not fit another.</exception>
    public static StaticFolder Read(string folder, bool? normalizes = null)
    {
        if (IsModel2Vec(folder))
        {
            string path = Path.Combine(folder, ConfigFile);
            StaticTokenizer own = StaticTokenizer.Load(Path.Combine(folder, TokenizerFile));
            bool normalize = normalizes ?? ModelJson.Flag(ModelJson.ReadObject(path), "normalize", path) ?? false;
            StaticTable table = ReadTable(Path.Combine(folder, WeightsFile), own, normalize, own.UnknownId);
            return new(
                table,
                own.Tokenizer,
                own.MedianLength,
                new TextSettings { MaxLength = Math.Min(UsualLength, own.MaxLength ?? UsualLength) }
            );
        }

        string inside = ModuleFolder(folder)
            ?? throw new InputException(
                $"{folder} holds no static vectors: config.json with model_type {ModelType}, or {ModulesFile} with StaticEmbedding, is "
                    + $"expected"
            );
        StaticTokenizer tokenizer = StaticTokenizer.Load(Path.Combine(inside, TokenizerFile));
        StaticTable vectors = ReadTable(Path.Combine(inside, WeightsFile), tokenizer, normalizes ?? HasNormalize(folder), dropped: -1);
        return new(vectors, tokenizer.Tokenizer, null, Prompts(folder) with { MaxLength = tokenizer.MaxLength ?? int.MaxValue });
    }

    /// <summary>
    /// Writes a folder that model2vec and sentence-transformers open: both layouts in one. Other files of the folder are left alone.
    /// </summary>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="table">The vectors.</param>
    /// <param name="tokenizer">The tokenizer.json's bytes.</param>
    /// <param name="config">Further keys of config.json.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(string folder, StaticTable table, ReadOnlyMemory<byte> tokenizer, JsonObject config)
    {
        JsonArray modules = [Module(0, ".", "StaticEmbedding")];
        if (table.Normalizes) modules.Add((JsonNode)Module(1, "1_Normalize", "Normalize"));
        JsonObject json = new()
        {
            ["model_type"] = ModelType,
            ["architectures"] = new JsonArray("StaticModel"),
            ["hidden_dim"] = table.Width,
            ["seq_length"] = 1_000_000,
            ["normalize"] = table.Normalizes,
        };
        foreach ((string key, JsonNode? value) in config)
            json[key] = value?.DeepClone();
        List<TensorToWrite> tensors =
        [
            TensorToWrite.FromSingles(Embeddings, [table.Vectors.Length / table.Width, table.Width], table.Vectors),
        ];
        if (table.Rows is { } rows)
            tensors.Add(TensorToWrite.FromInt64s(Mapping, [rows.Length], Array.ConvertAll(rows, row => (long)row)));
        if (table.Weights is { } weights)
            tensors.Add(TensorToWrite.FromSingles(Weights, [weights.Length], weights));
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), tensors);
        AtomicFile.Write(Path.Combine(folder, TokenizerFile), stream => stream.Write(tokenizer.Span));
        ModelJson.Write(Path.Combine(folder, ModulesFile), modules);
        ModelJson.Write(Path.Combine(folder, ConfigFile), json);

        static JsonObject Module(int index, string path, string type) =>
            new()
            {
                ["idx"] = index,
                ["name"] = $"{index}",
                ["path"] = path,
                ["type"] = "sentence_transformers.models." + type,
            };
    }

    private static bool IsModel2Vec(string folder)
    {
        string path = Path.Combine(folder, ConfigFile);
        return File.Exists(path) && ModelJson.Text(ModelJson.ReadObject(path)["model_type"]) == ModelType;
    }

    /// <summary>The folder of StaticEmbedding; null where modules.json is missing or begins with another module.</summary>
    private static string? ModuleFolder(string folder) =>
        Modules(folder) is [(string path, "StaticEmbedding"), ..] ? Path.Combine(folder, path) : null;

    private static bool HasNormalize(string folder)
    {
        foreach ((_, string type) in Modules(folder).Skip(1))
        {
            if (type != "Normalize")
                throw new InputException(
                    $"{Path.Combine(folder, ModulesFile)}: module {type} after StaticEmbedding is not supported: Normalize is"
                );
        }

        return Modules(folder).Length > 1;
    }

    private static (string Path, string Type)[] Modules(string folder)
    {
        string file = Path.Combine(folder, ModulesFile);
        if (!File.Exists(file)) return [];
        List<(string, string)> modules = [];
        foreach (JsonNode? module in ModelJson.Read(file) as JsonArray ?? throw new InputException($"{file}: a JSON array is expected"))
        {
            JsonObject entry = module as JsonObject ?? throw new InputException($"{file}: an object for every module is expected");
            string type = ModelJson.Text(entry["type"]) ?? throw new InputException($"{file}: a module has no type"),
                path = ModelJson.Text(entry["path"]) ?? "";
            if (Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
                throw new InputException($"{file}: the path {path} leads out of the folder");
            modules.Add((path, type[(type.LastIndexOf('.') + 1)..]));
        }

        return [.. modules];
    }

    private static StaticTable ReadTable(string path, StaticTokenizer tokenizer, bool normalizes, int dropped)
    {
        if (!File.Exists(path))
            path =
                Path.ChangeExtension(path, null) is var stem && File.Exists(Path.Combine(Path.GetDirectoryName(stem)!, "pytorch_model.bin"))
                    ? Path.Combine(Path.GetDirectoryName(stem)!, "pytorch_model.bin")
                    : throw new InputException($"{path}: no such file");
        using Checkpoint file = Checkpoint.Open(path);
        StoredTensor vectors = file.Find(Embeddings)
            ?? file.Find(Bag)
            ?? throw new InputException($"{path}: neither {Embeddings} nor {Bag} is there");
        if (vectors.Shape.Length != 2 || vectors.ElementCount == 0)
            throw new InputException($"{path}: {vectors.Name} is no matrix");
        int count = checked((int)vectors.Shape[0]);
        int[]? rows = file.Find(Mapping) is { } mapping
            ?
            [
                .. mapping
                    .ToInt64s()
                    .Select(row =>
                        row >= 0 && row < count ? (int)row : throw new InputException($"{path}: {Mapping} names row {row} of {count}")
                    ),
            ]
            : null;
        float[]? weights = file.Find(Weights)?.ToSingles();
        int tokens = rows?.Length ?? count;
        if (weights is not null && weights.Length != tokens)
            throw new InputException($"{path}: {Weights} has {weights.Length} values for {tokens} tokens");
        if (tokens < tokenizer.Tokenizer.IdEnd)
            throw new InputException($"{path} has vectors of {tokens} tokens, its tokenizer has {tokenizer.Tokenizer.IdEnd}");
        return new StaticTable(vectors.ToSingles(), checked((int)vectors.Shape[1]), rows, weights)
        {
            Normalizes = normalizes,
            Dropped = dropped,
        };
    }

    private static TextSettings Prompts(string folder)
    {
        string path = Path.Combine(folder, "config_sentence_transformers.json");
        if (!File.Exists(path)) return new TextSettings();
        JsonObject json = ModelJson.ReadObject(path);
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        foreach ((string name, JsonNode? text) in json["prompts"] as JsonObject ?? [])
            prompts[name] = ModelJson.Text(text) ?? throw new InputException($"{path}: the prompt {name} is no text");
        return new TextSettings { Prompts = prompts, DefaultPrompt = ModelJson.Text(json["default_prompt_name"]) };
    }
}
