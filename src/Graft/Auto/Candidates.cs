using Graft.Backbones;
using Graft.Evaluation;
using Graft.Inference.StaticVectors;
using Graft.Inference.WordCounts;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.Contrastive;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Training;
using Graft.Tuning;

namespace Graft.Auto;

/// <summary>A way of answering that is compared with others.</summary>
internal abstract class Candidate
{
    /// <summary>"contrastive on all-MiniLM-L6-v2".</summary>
    public abstract string Name { get; }

    /// <summary>
    /// The way without its model: <c>words</c>, <c>static</c>, <c>frozen</c>, <c>contrastive</c>, <c>full</c>, <c>lora</c>.
    /// </summary>
    public abstract string Way { get; }

    /// <summary>What a text costs, only for the order: parameters that work on it.</summary>
    public abstract long Cost { get; }

    /// <summary>Fits on a slot's training examples and scores its held-out ones, one entry a feature.</summary>
    public abstract (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellationToken);

    /// <summary>Roughly what training on so many examples takes, before it has been tried; null: a moment.</summary>
    public virtual TimeSpan? Guess(AutoData data, int examples) => null;
}

/// <summary>A model that needs no libtorch, fitted in a moment.</summary>
internal abstract class CoreCandidate : Candidate
{
    /// <summary>Texts are read whole.</summary>
    public static EncodingOptions Whole { get; } = new() { MaxLength = 1_000_000 };

    /// <summary>What the run's record says beside the strategy's name.</summary>
    public abstract KeyValuePair<string, string> Option { get; }

    /// <summary>The tokenizer that cuts texts.</summary>
    public abstract Tokenizer TokenizerOf(AutoData data);

    /// <summary>Fits.</summary>
    public abstract CoreModel Fit(IReadOnlyList<Feature> train, FineTuningTask task);

    public override (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellationToken)
    {
        string key = Way == "words" ? Way : Name;
        Feature[] train = AutoData.Take(data.Features(key, () => TokenizerOf(data), Whole, ofEvaluation: false), slot.Train);
        Feature[] held = AutoData.Take(data.Features(key, () => TokenizerOf(data), Whole, slot.FromEvaluation), slot.Held);
        CoreModel model = Fit(train, data.Task);
        return (new EncodedData(held, 0, 0, 0), [.. held.Select(model.ScoresOf)]);
    }
}

/// <summary>A fitted model.</summary>
/// <param name="Score">The scores of a feature.</param>
/// <param name="Save">Writes the model's files into a folder.</param>
/// <param name="Parameters">The number of its values.</param>
internal sealed record CoreModel(Func<Feature, float[]> Score, Action<string> Save, long Parameters)
{
    public FeatureScores ScoresOf(Feature feature)
    {
        float[] values = Score(feature);
        return new FeatureScores(values, values.Length);
    }
}

/// <summary>Counts of words.</summary>
internal sealed class WordCandidate(WordCountKind kind) : CoreCandidate
{
    private Tokenizer? _tokenizer;

    public override string Name => kind == WordCountKind.NaiveBayes ? "word counts (naive Bayes)" : "word counts (TF-IDF, linear)";

    public override string Way => "words";

    public override long Cost => 0;

    public override KeyValuePair<string, string> Option =>
        KeyValuePair.Create("kind", kind == WordCountKind.NaiveBayes ? "naive-bayes" : "tf-idf");

    public override Tokenizer TokenizerOf(AutoData data) =>
        _tokenizer ??= WordCountTokenizer.Of(((TextData)data.Train).Rows.Select(row => (row.Text, row.Pair)));

    public override CoreModel Fit(IReadOnlyList<Feature> train, FineTuningTask task)
    {
        WordCountModel model = WordCountFit.Fit(train, Math.Max(1, task.Labels.Count), kind);
        return new CoreModel(model.Score, folder => WordCountEngine.Save(folder, model, task, _tokenizer!), model.ParameterCount);
    }
}

/// <summary>A convex classifier on means of static vectors; of pairs on both, their difference and their product.</summary>
internal sealed class StaticCandidate(string folder) : CoreCandidate
{
    private readonly Lazy<StaticFolder> _model = new(() => StaticFolder.Read(folder, normalizes: true));

    public override string Name => $"static vectors of {Path.GetFileName(folder.TrimEnd('/', '\\'))}";

    public override string Way => "static";

    public override long Cost => 1;

    public override KeyValuePair<string, string> Option => KeyValuePair.Create("vectors", folder);

    public override Tokenizer TokenizerOf(AutoData data) => _model.Value.Tokenizer;

    public override CoreModel Fit(IReadOnlyList<Feature> train, FineTuningTask task)
    {
        StaticTable table = _model.Value.Table;
        int width = table.Width * (train.Any(feature => feature.TypeIds.Contains(1)) ? VectorClassifier.PairParts : 1),
            outputs = task.Labels.Count;
        float[] vectors = new float[train.Count * width];
        for (int i = 0; i < train.Count; i++)
            VectorClassifier.Read(table, train[i].Ids, train[i].TypeIds, vectors.AsSpan(i * width, width));
        VectorClassifier classifier = new(
            VectorClassifierFit.Fit(train, vectors, outputs, VectorClassifierFit.ChooseC(train, vectors, outputs))
        );
        return new CoreModel(Score, Save, table.ParameterCount + classifier.ParameterCount);

        float[] Score(Feature feature)
        {
            float[] vector = new float[width];
            VectorClassifier.Read(table, feature.Ids, feature.TypeIds, vector);
            return classifier.Score(vector);
        }

        void Save(string output)
        {
            string own = Path.Combine(folder, "tokenizer.json");
            byte[] tokenizer = File.ReadAllBytes(File.Exists(own) ? own : Path.Combine(folder, "0_StaticEmbedding", "tokenizer.json"));
            System.Text.Json.Nodes.JsonObject labels = new(
                task.Labels.Select((label, i) => KeyValuePair.Create($"{i}", (System.Text.Json.Nodes.JsonNode?)label))
            );
            StaticFolder.Write(output, table, tokenizer, new() { ["id2label"] = labels, ["problem_type"] = task.ProblemType });
            classifier.Write(output);
        }
    }
}

/// <summary>A strategy on a pre-trained model.</summary>
internal sealed class ModelCandidate(string way, AutoModel model, FineTuningOptions options, string? variant = null) : Candidate
{
    public override string Name => $"{way}{variant} on {model.Name}";

    public override string Way => way;

    public override long Cost => model.Parameters;

    public FineTuningOptions Options => options;

    public AutoModel Model => model;

    public override (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellationToken)
    {
        Feature[][] all = data.Features(model.Folder, () => model.Tokenizer, options.Encoding, ofEvaluation: false),
            other = data.Features(model.Folder, () => model.Tokenizer, options.Encoding, slot.FromEvaluation);
        Feature[] train = AutoData.Take(all, slot.Train),
            held = AutoData.Take(other, slot.Held);
        EncodedData encoded = new(held, 0, 0, 0) { Tokenizer = model.Tokenizer };
        TaskData trained = data.Train.Take(slot.Train);
        FineTuningOptions own = options with { Task = data.Task };
        return (
            encoded,
            way switch
            {
                "frozen" => Frozen(data, slot, train, held, cancellationToken),
                "contrastive" => ContrastiveFit.Score(
                    own,
                    data.Task,
                    train,
                    feature => trained.PlaceOf(feature.Example),
                    held,
                    cancellationToken
                ),
                _ => FineTuning.Score(own, data.Task, train, feature => trained.PlaceOf(feature.Example), held, cancellationToken),
            }
        );
    }

    /// <summary>
    /// By the tokens that go through the model, at the speed at which its frozen vectors were computed; training takes three and a half
    /// times as long.
    /// </summary>
    public override TimeSpan? Guess(AutoData data, int examples)
    {
        if (way == "frozen")
            return null;
        double tokens =
            examples
            * data.Features(model.Folder, () => model.Tokenizer, options.Encoding, ofEvaluation: false)
                .Average(own => own.Sum(feature => (double)feature.TokenCount));
        double passes =
            way == "contrastive"
                ? Passes((ContrastiveTuning)options.Strategy, examples)
                : options.Epochs ?? AutoRecipe.Epochs(options.Strategy.Name, examples).Value;
        return model.SecondsAToken is double second ? TimeSpan.FromSeconds((3.5 * passes * tokens * second) + 1) : null;
    }

    /// <summary>How often a text goes through the model: once for all its pairs of a batch.</summary>
    private static double Passes(ContrastiveTuning strategy, int examples)
    {
        double pairs = Math.Min(strategy.MaxPairs, 2.0 * strategy.Rounds * examples), updates = pairs / AutoRecipe.PairBatchSize.Value;
        double share = 1 - Math.Pow(1 - (1.0 / examples), 2.0 * AutoRecipe.PairBatchSize.Value); // of the texts that a batch has
        return updates * share;
    }

    private FeatureScores[] Frozen(AutoData data, Slot slot, Feature[] train, Feature[] held, CancellationToken cancellationToken)
    {
        float[] all = model.Vectors(data, options.Encoding, ofEvaluation: false, cancellationToken, out int[] first, out int width);
        float[] own = VectorClassifierFit.Rows(
            all,
            width,
            [.. slot.Train.SelectMany(example => Enumerable.Range(first[example], first[example + 1] - first[example]))]
        );
        float[] from = model.Vectors(data, options.Encoding, slot.FromEvaluation, cancellationToken, out int[] places, out _);
        float[] others = VectorClassifierFit.Rows(
            from,
            width,
            [.. slot.Held.SelectMany(example => Enumerable.Range(places[example], places[example + 1] - places[example]))]
        );
        int outputs = Math.Max(1, data.Task.Labels.Count);
        LinearClassifier classifier = VectorClassifierFit.Fit(train, own, outputs, VectorClassifierFit.ChooseC(train, own, outputs));
        return held.Length == 0 ? [] : [.. classifier.Score(others).Select(values => new FeatureScores(values, outputs))];
    }
}

/// <summary>A pre-trained model that candidates share, with its vectors of all examples.</summary>
internal sealed class AutoModel(string folder)
{
    private readonly Dictionary<bool, (float[] Vectors, int[] First)> _vectors = [];
    private Tokenizer? _tokenizer;

    public string Folder => folder;

    public string Name => Path.GetFileName(folder.TrimEnd('/', '\\'));

    /// <summary>Parameters of its layers.</summary>
    public long Parameters { get; } = LayerParameters(folder);

    /// <summary>Measured when its vectors were computed.</summary>
    public double? SecondsAToken { get; private set; }

    public Tokenizer Tokenizer => _tokenizer ??= Graft.Tokenizers.Tokenizer.Load(folder);

    /// <summary>The vectors of every feature, and where those of each example begin.</summary>
    public float[] Vectors(
        AutoData data,
        EncodingOptions encoding,
        bool ofEvaluation,
        CancellationToken cancellationToken,
        out int[] first,
        out int width
    )
    {
        if (!_vectors.TryGetValue(ofEvaluation, out (float[] Vectors, int[] First) known))
        {
            Feature[][] features = data.Features(folder, () => Tokenizer, encoding, ofEvaluation);
            Feature[] flat = [.. features.SelectMany(own => own)];
            int[] starts = new int[features.Length + 1];
            for (int i = 0; i < features.Length; i++) starts[i + 1] = starts[i] + features[i].Length;
            using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = HeadKinds.Embedding, Normalize = true });
            Feature[] some = flat[..Math.Min(32, flat.Length)];
            TextVectors.Of(model, some, cancellationToken); // the first pass of a process pays for its start
            long begun = System.Diagnostics.Stopwatch.GetTimestamp();
            TextVectors.Of(model, some, cancellationToken);
            SecondsAToken =
                System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds
                / Math.Max(1, some.Sum(feature => (double)feature.TokenCount));
            known = (TextVectors.Of(model, flat, cancellationToken), starts);
            _vectors[ofEvaluation] = known;
        }

        first = known.First;
        width = known.Vectors.Length / known.First[^1];
        return known.Vectors;
    }

    private static long LayerParameters(string folder)
    {
        ModelConfig config = PretrainedModel.ReadConfig(folder);
        return 12L * config.LayerCount * config.HiddenSize * config.HiddenSize;
    }
}

/// <summary>What is compared for a task.</summary>
internal static class Candidates
{
    /// <summary>Full tuning learns from so many examples a class on; below, every published comparison has it far behind.</summary>
    private const int LeastForFull = 8;

    public static IReadOnlyList<string> Tasks { get; } =
        ["text-classification", "text-pair-classification", "multi-label-classification", "regression", "token-classification"];

    /// <summary>From cheap to dear.</summary>
    public static IReadOnlyList<Candidate> Of(AutoOptions options, AutoData data)
    {
        List<Candidate> all = [];
        bool ofTexts = data.Task.Head == HeadKinds.SequenceClassification,
            haveLabels = ofTexts && data.Task is not TextRegression;
        if (data.Task is TextClassification)
            all.Add(new WordCandidate(WordCountKind.NaiveBayes));
        if (ofTexts)
            all.Add(new WordCandidate(WordCountKind.TfIdf));
        if (haveLabels)
            all.AddRange(options.Models.Where(StaticFolder.IsIn).Select(folder => new StaticCandidate(folder)));
        AutoModel[] models =
        [
            .. options
                .Models.Where(folder => !StaticFolder.IsIn(folder))
                .Select(folder => new AutoModel(folder))
                .OrderBy(model => model.Parameters),
        ];
        foreach (AutoModel model in models)
        {
            if (haveLabels) all.Add(new ModelCandidate("frozen", model, Run(options, data, model, new HeadTuning { OnVectors = true })));
        }

        foreach (AutoModel model in models)
        {
            if (haveLabels) all.Add(new ModelCandidate("contrastive", model, Run(options, data, model, new ContrastiveTuning())));
            if (haveLabels && data.Train.Count < LeastForFull * data.Task.Labels.Count) continue;
            FineTuningOptions full = Run(options, data, model, new FullTuning());
            all.Add(new ModelCandidate("full", model, full));
            all.Add(new ModelCandidate("full", model, full with { Layers = new LayerSchedule { Decay = 0.8 } }, " with layer decay 0.8"));
            all.Add(new ModelCandidate("lora", model, Run(options, data, model, new Lora())));
        }

        return all;
    }

    /// <summary>The name of the recommended candidate among those that were tried: by way, then the largest model.</summary>
    public static string Default(IReadOnlyList<Candidate> tried, int examples, int classes)
    {
        foreach (string way in StrategyChoice.Recommended(examples, classes).Ways)
        {
            if (tried.Where(candidate => candidate.Way == way).OrderByDescending(candidate => candidate.Cost).FirstOrDefault() is { } found)
                return found.Name;
        }

        return tried[0].Name;
    }

    private static FineTuningOptions Run(AutoOptions options, AutoData data, AutoModel model, TuningStrategy strategy) => new()
    {
        Model = model.Folder,
        Task = data.Task,
        Strategy = strategy,
        Train = options.Train,
        Evaluation = options.Evaluation,
        Output = options.Output,
        Columns = options.Columns,
        Encoding = options.Encoding,
        CommandLine = options.CommandLine,
        Training = new TrainingOptions { Seed = options.Seed, Compute = ComputeContext.Current },
    };
}
