using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Tuning;
using Graft.Tuning.Files;
using TorchSharp;

namespace Graft.Pretrained;

/// <summary>
/// A model with its configuration and files, as Hugging Face's libraries lay them out: load, run, train, save.
/// <code>
/// using PretrainedModel model = PretrainedModel.Load(
///     "bert-base-uncased", new() { Head = HeadKinds.SequenceClassification, Labels = ["no", "yes"] });
/// ModelOutput output = model.Forward(new EncoderInput { InputIds = ids, AttentionMask = mask });
/// model.Save("my-model");
/// </code>
/// </summary>
public sealed class PretrainedModel : IDisposable
{
    private readonly Network _network;
    private Tokenizer? _tokenizer;
    private AdapterBase? _adapterBase;
    private bool _hasOwnTokenizer;

    private PretrainedModel(Network network, ModelConfig config, string kind, LoadReport report, string? folder)
    {
        _network = network;
        (Config, HeadKind, Report, Folder) = (config, kind, report, folder);
    }

    /// <summary>What it was built from; <see cref="Save"/> writes it.</summary>
    public ModelConfig Config { get; }

    /// <summary>What stands on the backbone.</summary>
    public string HeadKind { get; }

    /// <summary>
    /// The stack of layers. Its own <c>Forward</c> computes in the thread's context: <see cref="Enter"/> that of the model first.
    /// </summary>
    public Backbone Backbone => _network.Backbone;

    /// <summary>Null for <see cref="HeadKinds.None"/>.</summary>
    public Head? Head => _network.Head;

    /// <summary>Backbone and head as a layer.</summary>
    internal Network Network => _network;

    /// <summary>Both as one module; its parameters have the checkpoint's names.</summary>
    public torch.nn.Module Module => _network;

    /// <summary>How its forward passes are computed, whoever asks for them.</summary>
    /// <value>Null for the context of the thread that asks.</value>
    public ComputeContext? Compute { get; private set; }

    /// <summary>What became of the checkpoint's keys.</summary>
    public LoadReport Report { get; private set; }

    /// <summary>Where it was loaded from (of an adapted model the adapter's folder); null for a model that was made.</summary>
    public string? Folder { get; private set; }

    /// <summary>What a tuning strategy has put on it; null for a plain model.</summary>
    public Adapter? Adapter { get; private set; }

    /// <summary>The folder whose tokenizer and companion files <see cref="Save"/> copies.</summary>
    public string? TokenizerFolder { get; set; }

    /// <summary>The tokenizer of that folder, read when it is first asked for, or the one that was given.</summary>
    /// <exception cref="InputException">There is none, or it is damaged.</exception>
    public Tokenizer Tokenizer
    {
        get => _tokenizer ??= Tokenizer.Load(TokenizerFolder ?? throw new InputException("the model was made without a tokenizer"));
        set => (_tokenizer, _hasOwnTokenizer) = (value, true);
    }

    /// <summary>The number of parameters, tied ones once.</summary>
    public long ParameterCount => _network.Declared().Sum(parameter => parameter.Value.numel());

    /// <summary>The parameters with the checkpoint's names, in the model's order.</summary>
    public IEnumerable<(string Name, TorchSharp.Modules.Parameter Value)> Parameters =>
        _network.Declared().Select(parameter => (parameter.Name, parameter.Value));

    /// <summary>What the names of the backbone's parameters begin with: "bert.", or empty.</summary>
    public string BackbonePrefix => _network.Prefix;

    /// <summary>
    /// Opens a model folder: config.json and weights in any format that <see cref="Checkpoint"/> reads; or an adapter's folder (PEFT's or
    /// AdapterHub's), whose base is then opened with the adapter on it.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Head, labels, seed of what the checkpoint lacks.</param>
    /// <exception cref="InputException">One line: a file is missing, broken or hostile, of an unknown family, or does not fit its
    /// configuration.</exception>
    public static PretrainedModel Load(string folder, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        folder = ShippedModel.Locate(folder);
        if (!Directory.Exists(folder)) throw new InputException($"{folder}: no such folder");
        if (AdapterFolder.IsAdapter(folder)) return AdaptedModel.Load(folder, options);
        options.Compute?.Validate();
        string whole = folder; // of an older sentence-transformers folder the model itself is in 0_Transformer
        folder = SentenceTransformersLayout.TransformerFolder(folder);
        ModelConfig config = ReadConfig(folder);
        if (options.FromScratch)
        {
            PretrainedModel drawn = Create(Adapted(config, options), options.Head ?? HeadKinds.None, options.Seed, folder);
            drawn.Compute = options.Compute;
            return drawn;
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder);
        ModelFamily family = ModelFamilies.Of(config.ModelType, folder);
        HashSet<string> keys = checkpoint.Names.ToHashSet(StringComparer.Ordinal);
        config = family.Refine(config, keys);
        // A classifier on vectors is opened to answer; what is trained towards given labels begins on the body.
        bool classifiesVectors =
            options.Labels is null && options.Head is null or HeadKinds.SequenceClassification && VectorClassifierFile.IsIn(whole);
        string kind = classifiesVectors
            ? HeadKinds.SequenceClassification
            : options.Head ?? SavedHead(config, family, keys, SentenceTransformersLayout.IsIn(whole));
        SentenceTransformersLayout? sentences =
            classifiesVectors || kind == HeadKinds.Embedding ? SentenceTransformersLayout.Read(whole, options) : null;
        bool newLabels = options.Labels is not null && !options.Labels.SequenceEqual(config.Labels, StringComparer.Ordinal);
        string[] contradictions = options.Labels is null ? [.. config.Contradictions] : [];
        Engine.Start();
        config = Adapted(config, options);
        Network network = Network.Build(config, kind, sentences, options.Features, classifiesVectors);
        try
        {
            LoadReport report = WeightLoader.Load(network, family, checkpoint, newLabels, options.Seed) with
            {
                UnknownConfigKeys = config.UnknownKeys,
                Contradictions = contradictions,
            };
            if (network.Head is VectorClassifierHead vectors)
                report = report.Without(VectorClassifierFile.Load(whole, vectors));
            Int8Settings.Read(whole)?.Apply(network, whole);
            return new PretrainedModel(network, config, kind, report, whole) { TokenizerFolder = folder, Compute = options.Compute };
        }
        catch
        {
            network.Release();
            throw;
        }
    }

    /// <summary>Makes a model from nothing: parameters are initialised as the family's paper says.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="kind">The head.</param>
    /// <param name="seed">The same seed gives the same bits.</param>
    /// <param name="tokenizerFolder">The folder whose tokenizer is used.</param>
    public static PretrainedModel Create(ModelConfig config, string kind, ulong seed = 42, string? tokenizerFolder = null)
    {
        config.Validate();
        Engine.Start();
        Network network = Network.Build(config, kind);
        foreach (DeclaredParameter parameter in network.Declared()) parameter.Init.Fill(parameter.Value, parameter.Name, seed);
        return new PretrainedModel(network, config, kind, LoadReport.Created, null) { TokenizerFolder = tokenizerFolder };
    }

    /// <summary>Reads a configuration file, or that of a model folder.</summary>
    /// <exception cref="InputException">It is missing, broken, of an unknown family, or has impossible values.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        if (!Directory.Exists(path)) return ModelFamilies.ReadConfig(path);
        path = SentenceTransformersLayout.TransformerFolder(path);
        string google = Path.Combine(path, "bert_config.json"), published = Path.Combine(path, "config.json");
        return ModelFamilies.ReadConfig(!File.Exists(published) && File.Exists(google) ? google : published);
    }

    /// <summary>Hidden states and, with a head, its scores.</summary>
    /// <exception cref="InputException">A text is longer than the position table, or an id is not in the vocabulary.</exception>
    public ModelOutput Forward(EncoderInput input, Targets? targets = null)
    {
        using ComputeScope computing = Enter();
        if (Head is FeatureHead { Options.NeedsHiddenStates: true }) input = input with { OutputHiddenStates = true };
        BackboneOutput states = Backbone.Forward(input);
        return new ModelOutput(states, Head?.Forward(states, Backbone.Prompt.Lengthened(input), targets));
    }

    /// <summary>
    /// Enters the model's context, for passes through <see cref="Backbone"/> and <see cref="Head"/> themselves; does nothing where it has
    /// none of its own.
    /// </summary>
    public ComputeScope Enter() => Compute is null ? default : Compute.Enter();

    /// <summary>
    /// Prepares the model for training with a strategy: new parts are put into its slots, and what is not trained is frozen.
    /// </summary>
    /// <param name="strategy">Which parameters are trained.</param>
    /// <param name="seed">The seed of the new parts' first values.</param>
    /// <returns>The new parts and what is saved beside them; part of the model until it is merged or unloaded.</returns>
    /// <exception cref="InputException">The model has an adapter already, or the strategy finds nothing to work on.</exception>
    public Adapter Tune(TuningStrategy strategy, ulong seed = 42)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        if (Adapter is not null)
            throw new InputException(
                $"{Folder} has a {Adapter.Strategy.Name} adapter already: merge it first (graft model convert `merge`)"
            );
        Adapter tuned = strategy.Apply(_network, Backbone, Head, seed, Report.Missing);
        if (strategy.SavesAdapterOnly) Adapter = tuned;
        return tuned;
    }

    /// <summary>Folds the adapter into the model's own weights: the same answers from an ordinary model.</summary>
    /// <exception cref="InputException">There is none, or it is no change of weights (only LoRA and IA3 are).</exception>
    public void Merge()
    {
        Adapter adapter = Adapter ?? throw new InputException($"{Folder} has no adapter that could be merged");
        adapter.Strategy.Merge(_network);
        ForgetAdapter();
    }

    /// <summary>Takes the adapter's new parts off again; they are released. The weights below were never changed.</summary>
    public void Unload()
    {
        SlotContents.TakeFrom(_network, Backbone);
        ForgetAdapter();
    }

    /// <summary>
    /// Writes config.json, model.safetensors, the tokenizer's and other companion files and a model card (where there is none): what
    /// transformers' from_pretrained opens. Of a model with an adapter the adapter takes the place of the weights, as PEFT or AdapterHub
    /// opens it.
    /// </summary>
    /// <param name="folder">Made where it is missing; each file appears whole or not at all.</param>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public void Save(string folder)
    {
        SaveConfig(Config, Head is VectorClassifierHead ? HeadKinds.Embedding : HeadKind, folder);
        if (Head is VectorClassifierHead vectors) SaveVectorClassifier(vectors, folder);
        else if (Adapter is null) SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), _network.Declared().Select(ToWrite));
        else AdapterFolder.Write(folder, Target(Adapter));
        if (TokenizerFolder is not null) CompanionFiles.Copy(TokenizerFolder, folder);
        if (TokenizerFolder is null || _hasOwnTokenizer) _tokenizer?.Save(folder);
        if (Head is VectorClassifierHead classifier) SentenceTransformersLayout.Write(folder, classifier.Vectors, Backbone);
        ModelCard.WriteWhereMissing(this, folder);
    }

    /// <summary>Releases the parameters.</summary>
    public void Dispose()
    {
        Adapter?.Dispose();
        _network.Release();
    }

    /// <summary>Writes the config.json of a model with a head.</summary>
    internal static void SaveConfig(ModelConfig config, string head, string folder)
    {
        ModelConfig written = ModelFamilies
            .Of(config.ModelType, "config.json")
            .ForSaving(config)
            .With("architectures", new System.Text.Json.Nodes.JsonArray(ModelHeads.ArchitectureOf(config, head)))
            .Without("torch_dtype")
            .With("dtype", "float32");
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), written.ToJson());
    }

    /// <summary>The same model once an adapter from a folder is on it.</summary>
    internal PretrainedModel WithAdapter(Adapter adapter, string folder, AdapterBase origin)
    {
        HashSet<string> filled = [.. adapter.Saved.Select(parameter => parameter.Name)];
        (Adapter, _adapterBase) = (adapter, origin);
        Report = Report.Without(filled);
        if (File.Exists(Path.Combine(folder, "tokenizer.json"))) TokenizerFolder = folder;
        Folder = folder;
        return this;
    }

    /// <summary>The body as an embedding model's, the classifier in a file of its own.</summary>
    private void SaveVectorClassifier(VectorClassifierHead head, string folder)
    {
        DeclaredParameter[] own = [.. head.Declared()];
        HashSet<string> names = [.. own.Select(parameter => parameter.Name)];
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            _network.Declared().Where(parameter => !names.Contains(parameter.Name)).Select(ToWrite)
        );
        VectorClassifierFile.Write(folder, own[0].Value.ToSingles(), own[1].Value.ToSingles());
    }

    private void ForgetAdapter()
    {
        Adapter?.Dispose();
        (Adapter, _adapterBase) = (null, null);
    }

    private AdapterTarget Target(Adapter adapter)
    {
        AdapterBase origin = _adapterBase ??= AdaptedModel.BaseOf(
            Folder ?? throw new InputException("an adapter of a model that is in no folder cannot be saved: save the model first")
        );
        return new AdapterTarget(
            adapter,
            _network,
            Backbone,
            HeadKind,
            Head?.Declared().Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal) ?? [],
            origin
        );
    }

    /// <summary>The head a folder was saved with; a sentence model that was fine-tuned to something else is none any more.</summary>
    private static string SavedHead(ModelConfig config, ModelFamily family, IReadOnlySet<string> keys, bool hasSentenceLayout)
    {
        string saved = config.Architecture is string name ? ModelHeads.KindOf(config, name) : family.HeadOf(keys);
        return hasSentenceLayout && saved == HeadKinds.None ? HeadKinds.Embedding : saved;
    }

    /// <summary>The weights under the names of today, whatever wrote them.</summary>
    private static Checkpoint OpenWeights(string path)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        return checkpoint.Format == CheckpointFormat.TensorFlow ? TensorFlowBertNames.Translate(checkpoint) : checkpoint;
    }

    internal static ModelConfig Adapted(ModelConfig config, LoadOptions options)
    {
        if (options.Labels is not null)
            config = config.WithLabels(options.Labels);
        if (options.ProblemType is not null)
            // A cross-encoder that is trained to something else.
            config = config.Without("sentence_transformers").Without("sbert_ce_default_activation_function");
        if (options.ProblemType is not null)
            config = config.With("problem_type", options.ProblemType);
        if (options.Dropout is double rate)
            config = config.WithDropout(rate);
        config.Validate();
        return config;
    }

    private static unsafe TensorToWrite ToWrite(DeclaredParameter parameter) =>
        TensorToWrite.FromAddress(parameter.Name, ElementType.F32, parameter.Value.shape, (nint)Dispatcher.Data(parameter.Value));
}

/// <summary>What a model gives for a batch.</summary>
/// <param name="States">The backbone's.</param>
/// <param name="Scores">The head's; null without one.</param>
public sealed record ModelOutput(BackboneOutput States, HeadOutput? Scores);
