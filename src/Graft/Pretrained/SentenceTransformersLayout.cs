using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Heads;

namespace Graft.Pretrained;

/// <summary>
/// The folder layout of sentence-transformers, as every version has written it: modules.json lists a Transformer, a Pooling
/// (1_Pooling/config.json) and what follows it.
/// </summary>
/// <param name="Poolings">From token states to one vector; several are joined.</param>
/// <param name="Steps">What follows, in order.</param>
internal sealed record SentenceTransformersLayout(IReadOnlyList<EmbeddingPooling> Poolings, IReadOnlyList<EmbeddingStep> Steps)
{
    private const string ModulesFile = "modules.json";

    // In the order in which several are joined. A key that is missing is false, but for the mean's where no other is true.
    private static readonly (string Key, string Word, EmbeddingPooling Pooling)[] s_modes =
    [
        ("pooling_mode_cls_token", "cls", EmbeddingPooling.First),
        ("pooling_mode_max_tokens", "max", EmbeddingPooling.Max),
        ("pooling_mode_mean_tokens", "mean", EmbeddingPooling.Mean),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", EmbeddingPooling.MeanSqrtLength),
        ("pooling_mode_weightedmean_tokens", "weightedmean", EmbeddingPooling.WeightedMean),
        ("pooling_mode_lasttoken", "lasttoken", EmbeddingPooling.Last),
    ];

    /// <summary>False where a prompt's tokens are left out of the pooling.</summary>
    public bool IncludesPrompt { get; private init; } = true;

    /// <summary>Whether the folder has the layout.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, ModulesFile));

    /// <summary>What options ask for, else what the folder says; null where neither does.</summary>
    /// <exception cref="InputException">The files are broken, or ask for a module that Graft does not have.</exception>
    public static SentenceTransformersLayout? Read(string folder, LoadOptions options)
    {
        SentenceTransformersLayout? saved = Read(folder);
        if (options.Pooling is null && options.Normalize is null) return saved;
        List<EmbeddingStep> steps = [.. saved?.Steps ?? []];
        if (options.Normalize is bool normalize && normalize != (steps.Count > 0 && steps[^1] is UnitLength))
        {
            if (normalize) steps.Add(new UnitLength());
            else steps.RemoveAt(steps.Count - 1);
        }

        return new(options.Pooling is EmbeddingPooling pooling ? [pooling] : saved?.Poolings ?? [EmbeddingPooling.Mean], steps)
        {
            IncludesPrompt = saved?.IncludesPrompt ?? true,
        };
    }

    /// <summary>
    /// The folder with config.json, weights and tokenizer: the first module's (0_Transformer in older layouts) where the model's folder has
    /// no config.json itself.
    /// </summary>
    /// <exception cref="InputException">modules.json is broken or points out of its folder.</exception>
    public static string TransformerFolder(string folder)
    {
        if (File.Exists(Path.Combine(folder, "config.json")) || !IsIn(folder)) return folder;
        string? inside = Modules(folder).Where(module => module.Type == "Transformer").Select(module => module.Path).FirstOrDefault();
        return inside is { Length: > 0 } ? Path.Combine(folder, inside) : folder;
    }

    /// <summary>False where a prompt's tokens are left out of the pooling.</summary>
    public static bool IncludesPromptIn(string folder) => Read(folder)?.IncludesPrompt ?? true;

    /// <summary>What the folder says of its texts.</summary>
    public static TextSettings Settings(string folder) => SentenceSettings.Read(folder, TransformerFolder(folder));

    private static SentenceTransformersLayout? Read(string folder)
    {
        if (!IsIn(folder)) return null;
        IReadOnlyList<EmbeddingPooling> poolings = [EmbeddingPooling.Mean];
        bool includesPrompt = true;
        List<EmbeddingStep> steps = [];
        foreach ((string type, string path, string whole) in Modules(folder))
        {
            string own = Path.Combine(folder, path);
            switch (type)
            {
                case "Transformer" or "Dropout":
                    break;
                case "Pooling":
                    (poolings, includesPrompt) = ReadPooling(Path.Combine(own, "config.json"));
                    break;
                case "Normalize":
                    steps.Add(new UnitLength());
                    break;
                case "Dense":
                    steps.Add(EmbeddingModules.ReadDense(own));
                    break;
                case "LayerNorm":
                    steps.Add(EmbeddingModules.ReadLayerNorm(own));
                    break;
                default:
                    throw new InputException(
                        $"{Path.Combine(folder, ModulesFile)}: module {whole} is not supported: Transformer, Pooling, Dense, "
                            + $"LayerNorm, Dropout and Normalize are"
                    );
            }
        }

        return new SentenceTransformersLayout(poolings, steps) { IncludesPrompt = includesPrompt };
    }

    /// <summary>
    /// Writes the layout beside a saved model, so that sentence-transformers opens the folder: as versions before 5.4 write it, which later
    /// ones read too.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="head">How it pools.</param>
    /// <param name="backbone">The width and the longest text it reads.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(string folder, EmbeddingHead head, Backbone backbone)
    {
        const string package = "sentence_transformers.models.";
        JsonArray modules = [Module(0, "", "Transformer"), Module(1, "1_Pooling", "Pooling")];
        JsonObject pooling = new() { ["word_embedding_dimension"] = backbone.HiddenSize };
        foreach ((string key, _, EmbeddingPooling mode) in s_modes)
        {
            // Versions before 2.3 know the first four modes, and refuse a key that they do not know.
            bool isUsed = head.Poolings.Contains(mode), isNewer = mode is EmbeddingPooling.WeightedMean or EmbeddingPooling.Last;
            if (isUsed || !isNewer) pooling[key] = isUsed;
        }

        foreach (EmbeddingStep step in head.Steps)
        {
            string name = step switch { UnitLength => "Normalize", DenseStep => "Dense", _ => "LayerNorm" };
            string path = $"{modules.Count}_{name}";
            modules.Add(Module(modules.Count, path, name));
            EmbeddingModules.Write(Path.Combine(folder, path), step);
        }

        JsonObject transformer = new() { ["max_seq_length"] = backbone.PositionLimit ?? 512, ["do_lower_case"] = false };
        ModelJson.Write(Path.Combine(folder, ModulesFile), modules);
        ModelJson.Write(Path.Combine(folder, "1_Pooling", "config.json"), pooling);
        if (!File.Exists(Path.Combine(folder, "sentence_bert_config.json")))
            ModelJson.Write(Path.Combine(folder, "sentence_bert_config.json"), transformer);

        static JsonObject Module(int index, string path, string type) =>
            new()
            {
                ["idx"] = index,
                ["name"] = $"{index}",
                ["path"] = path,
                ["type"] = package + type,
            };
    }

    private static IEnumerable<(string Type, string Path, string Whole)> Modules(string folder)
    {
        string file = Path.Combine(folder, ModulesFile);
        foreach (JsonNode? module in ModelJson.Read(file) as JsonArray ?? throw new InputException($"{file}: a JSON array is expected"))
        {
            JsonObject entry = module as JsonObject ?? throw new InputException($"{file}: an object for every module is expected");
            string type = ModelJson.Text(entry["type"]) ?? throw new InputException($"{file}: a module has no type");
            string path = ModelJson.Text(entry["path"]) ?? "";
            if (Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
                throw new InputException($"{file}: the path {path} leads out of the folder");
            yield return (type[(type.LastIndexOf('.') + 1)..], path, type);
        }
    }

    private static (IReadOnlyList<EmbeddingPooling> Poolings, bool IncludesPrompt) ReadPooling(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file, but modules.json names it");
        JsonObject json = ModelJson.ReadObject(path);
        bool includesPrompt = ModelJson.Flag(json, "include_prompt", path) ?? true;
        if (
            json.FirstOrDefault(pair =>
                pair.Key.StartsWith("pooling_mode_", StringComparison.Ordinal)
                && !Array.Exists(s_modes, mode => mode.Key == pair.Key)
                && ModelJson.Flag(json, pair.Key, path) == true
            ).Key
            is string other
        )
            throw new InputException($"{path}: {other} is a way of pooling that Graft does not have");
        if (json["pooling_mode"] is JsonNode word)
        {
            HashSet<string> words =
            [
                .. (word is JsonArray list ? list : new JsonArray(word.DeepClone())).Select(item =>
                    ModelJson.Text(item)
                    ?? throw new InputException($"{path}: pooling_mode is {word.ToJsonString()}; a word or a list of words is expected")
                ),
            ];
            if (words.FirstOrDefault(name => !Array.Exists(s_modes, mode => mode.Word == name)) is string unknown)
                throw new InputException(
                    $"{path}: pooling_mode is \"{unknown}\"; {string.Join(", ", s_modes.Select(mode => mode.Word))} are known"
                );
            return words.Count > 0
                ? ([.. s_modes.Where(mode => words.Contains(mode.Word)).Select(mode => mode.Pooling)], includesPrompt)
                : throw NoMode(path);
        }

        EmbeddingPooling[] chosen = [.. s_modes.Where(mode => ModelJson.Flag(json, mode.Key, path) == true).Select(mode => mode.Pooling)];
        if (chosen.Length > 0) return (chosen, includesPrompt);
        return json.ContainsKey("pooling_mode_mean_tokens") ? throw NoMode(path) : ([EmbeddingPooling.Mean], includesPrompt);
    }

    private static InputException NoMode(string path) =>
        new($"{path}: no way of pooling is chosen: one of {string.Join(", ", s_modes.Select(mode => mode.Key))} is to be true");
}
