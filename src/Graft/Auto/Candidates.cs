using Graft.Backbones;
using Graft.Evaluation;
using Graft.Inference.WordCounts;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.Contrastive;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Auto;

/// <summary>A way of answering that is compared with others.</summary>
internal abstract class Candidate
{
    /// <summary>"contrastive on all-MiniLM-L6-v2".</summary>
    public abstract string Name { get; }

    /// <summary>The way without its model: <c>words</c>, <c>frozen</c>, <c>contrastive</c>, <c>full</c>, <c>lora</c>.</summary>
    public abstract string Way { get; }

    /// <summary>What a text costs, only for the order: parameters that work on it.</summary>
    public abstract long Cost { get; }

    /// <summary>Fits on a slot's training examples and scores its held-out ones, one entry a feature.</summary>
    public abstract (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellation);

    /// <summary>Roughly what training on so many examples takes, before it has been tried; null: a moment.</summary>
    public virtual TimeSpan? Guess(AutoData data, int examples) => null;
}

/// <summary>Counts of words.</summary>
internal sealed class WordCandidate(WordCountKind kind) : Candidate
{
    /// <summary>Texts are read whole.</summary>
    public static EncodingOptions Whole { get; } = new() { MaxLength = 1_000_000 };

    public WordCountKind Kind => kind;

    public override string Name => kind == WordCountKind.NaiveBayes ? "word counts (naive Bayes)" : "word counts (TF-IDF, linear)";

    public override string Way => "words";

    public override long Cost => 0;

    public override (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellation)
    {
        Feature[] train = AutoData.Take(data.Features("words", () => Tokenizer(data), Whole, ofEvaluation: false), slot.Train);
        Feature[] held = AutoData.Take(data.Features("words", () => Tokenizer(data), Whole, slot.FromEvaluation), slot.Held);
        WordCountModel model = WordCountFit.Fit(train, Math.Max(1, data.Task.Labels.Count), kind);
        return (new EncodedData(held, 0, 0, 0), [.. held.Select(feature => new FeatureScores(model.Score(feature), model.Outputs))]);
    }

    /// <summary>The words of the training examples.</summary>
    public static Tokenizer Tokenizer(AutoData data) => WordCountTokenizer.Of(((TextData)data.Train).Rows.Select(row => (row.Text, row.Pair)));
}

/// <summary>A strategy on a pre-trained model.</summary>
internal sealed class ModelCandidate(string way, AutoModel model, FineTuningOptions options, string? variant = null) : Candidate
{
    public override string Name => $"{way}{variant} on {model.Name}";

    public override string Way => way;

    public override long Cost => model.Parameters;

    public FineTuningOptions Options => options;

    public AutoModel Model => model;

    public override (EncodedData Held, FeatureScores[] Scores) Try(AutoData data, Slot slot, CancellationToken cancellation)
    {
        Feature[][] all = data.Features(model.Folder, () => model.Tokenizer, options.Encoding, ofEvaluation: false), other = data.Features(model.Folder, () => model.Tokenizer, options.Encoding, slot.FromEvaluation);
        Feature[] train = AutoData.Take(all, slot.Train), held = AutoData.Take(other, slot.Held);
        EncodedData encoded = new(held, 0, 0, 0) { Tokenizer = model.Tokenizer };
        TaskData trained = data.Train.Take(slot.Train);
        FineTuningOptions own = options with { Task = data.Task };
        return (encoded, way switch
        {
            "frozen" => Frozen(data, slot, train, held, cancellation),
            "contrastive" => ContrastiveFit.Score(own, data.Task, train, feature => trained.PlaceOf(feature.Example), held, cancellation),
            _ => FineTuning.Score(own, data.Task, train, feature => trained.PlaceOf(feature.Example), held, cancellation),
        });
    }

    /// <summary>By the tokens that go through the model, at the speed at which its frozen vectors were computed; training takes three and a half times as long.</summary>
    public override TimeSpan? Guess(AutoData data, int examples)
    {
        if (way == "frozen") return null;
        double tokens = examples * data.Features(model.Folder, () => model.Tokenizer, options.Encoding, ofEvaluation: false).Average(own => own.Sum(feature => (double)feature.TokenCount));
        double passes = way == "contrastive"
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

    private FeatureScores[] Frozen(AutoData data, Slot slot, Feature[] train, Feature[] held, CancellationToken cancellation)
    {
        float[] all = model.Vectors(data, options.Encoding, ofEvaluation: false, cancellation, out int[] first, out int width);
        float[] own = VectorClassifierFit.Rows(all, width, [.. slot.Train.SelectMany(example => Enumerable.Range(first[example], first[example + 1] - first[example]))]);
        float[] from = model.Vectors(data, options.Encoding, slot.FromEvaluation, cancellation, out int[] places, out _);
        float[] others = VectorClassifierFit.Rows(from, width, [.. slot.Held.SelectMany(example => Enumerable.Range(places[example], places[example + 1] - places[example]))]);
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
    public float[] Vectors(AutoData data, EncodingOptions encoding, bool ofEvaluation, CancellationToken cancellation, out int[] first, out int width)
    {
        if (!_vectors.TryGetValue(ofEvaluation, out (float[] Vectors, int[] First) known))
        {
            Feature[][] features = data.Features(folder, () => Tokenizer, encoding, ofEvaluation);
            Feature[] flat = [.. features.SelectMany(own => own)];
            int[] starts = new int[features.Length + 1];
            for (int i = 0; i < features.Length; i++) starts[i + 1] = starts[i] + features[i].Length;
            using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = HeadKind.Embedding, Normalize = true });
            Feature[] some = flat[..Math.Min(32, flat.Length)];
            TextVectors.Of(model, some, cancellation); // the first pass of a process pays for its start
            long begun = System.Diagnostics.Stopwatch.GetTimestamp();
            TextVectors.Of(model, some, cancellation);
            SecondsAToken = System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds / Math.Max(1, some.Sum(feature => (double)feature.TokenCount));
            known = (TextVectors.Of(model, flat, cancellation), starts);
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
        bool ofTexts = data.Task.Head == HeadKind.SequenceClassification, haveLabels = ofTexts && data.Task is not TextRegression;
        if (data.Task is TextClassification) all.Add(new WordCandidate(WordCountKind.NaiveBayes));
        if (ofTexts) all.Add(new WordCandidate(WordCountKind.TfIdf));
        AutoModel[] models = [.. options.Models.Select(folder => new AutoModel(folder)).OrderBy(model => model.Parameters)];
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
            if (tried.Where(candidate => candidate.Way == way).OrderByDescending(candidate => candidate.Cost).FirstOrDefault() is { } found) return found.Name;
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
