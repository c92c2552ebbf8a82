using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Generation;
using Graft.Tasks;

namespace Graft.Runs;

/// <summary>
/// What a run folder says about itself: <c>graft.json</c>, what was asked for, what was resolved and why, what it was trained on, and what
/// development data decided. This type alone reads and writes the file.
/// <code>
/// RunManifest? run = RunManifest.Read("runs/reviews");
/// Console.WriteLine($"{run?.Task}: {run?.LearningRate?.Value} ({run?.LearningRate?.Reason})");
/// </code>
/// </summary>
public sealed record RunManifest
{
    // What changes no weight and no score, and results. A path may change: the hash beside it says whether it is the same file.
    private static readonly string[] s_unimportant =
    [
        "finished",
        "command_line",
        "graft",
        "threads",
        "decisions",
        "path",
        "cost",
        "reason",
        "strategy_reason",
        "encoding",
        "winner",
        "candidates",
        "estimate",
        "verdict",
        "hundred_more_labels",
    ];

    /// <summary>The file's name.</summary>
    public const string FileName = "graft.json";

    /// <summary>The version of Graft that wrote it.</summary>
    public string? Version { get; init; }

    /// <summary>The run came to its end.</summary>
    public bool IsFinished { get; init; }

    /// <summary>How it was asked for.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>The tuning strategy's name.</summary>
    public string? Strategy { get; init; }

    /// <summary>Why it was taken, where the number of labels chose it; null where it was asked for.</summary>
    public string? StrategyReason { get; init; }

    /// <summary>The strategy's own options.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> StrategyOptions { get; init; } = [];

    /// <summary>How layers differed in training.</summary>
    public RunLayers? Layers { get; init; }

    /// <summary>How many parameters were trained.</summary>
    public RunParameters? Parameters { get; init; }

    /// <summary>The labels in the model's order.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The model it began with.</summary>
    public RunModel? Model { get; init; }

    /// <summary>The training data.</summary>
    public RunData? Train { get; init; }

    /// <summary>How the training data was read; later files are read the same way. Null in runs of earlier versions.</summary>
    public Interpretation? Data { get; init; }

    /// <summary>The development data; null where there was none.</summary>
    public RunData? Evaluation { get; init; }

    /// <summary>The run whose answers were learned in the place of labels; null where labels were.</summary>
    public string? Teacher { get; init; }

    /// <summary>It was trained on so many of the examples only; null: on all.</summary>
    public int? Examples { get; init; }

    /// <summary><c>balanced</c>, or a file; null: all classes alike.</summary>
    public string? ClassWeights { get; init; }

    /// <summary>The share of the target that was spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The most tokens to write; null where the run does not say.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Beams of a writing task; null where the run does not say.</summary>
    public int? NumBeams { get; init; }

    /// <summary>What development data decided; null until the run is finished.</summary>
    public Decisions? Decisions { get; init; }

    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; }

    /// <summary>The peak learning rate.</summary>
    public Resolved<double>? LearningRate { get; init; }

    /// <summary>Features in an optimizer batch.</summary>
    public Resolved<int>? BatchSize { get; init; }

    /// <summary>Passes over the data; null where steps or time bounded the run.</summary>
    public Resolved<double>? Epochs { get; init; }

    /// <summary>Updates; null where epochs or time bounded the run.</summary>
    public long? Steps { get; init; }

    /// <summary>The time budget; null where epochs or steps bounded the run.</summary>
    public double? TimeBudgetSeconds { get; init; }

    /// <summary>How examples were cut into features.</summary>
    public EncodingOptions Encoding { get; init; } = new();

    /// <summary>Dropout of all layers; null: the model's own.</summary>
    public double? Dropout { get; init; }

    /// <summary>The course of the learning rate.</summary>
    public string? Schedule { get; init; }

    /// <summary>The share of the updates over which it rose.</summary>
    public double Warmup { get; init; }

    /// <summary><c>adamw</c> or <c>muon</c>.</summary>
    public string? Optimizer { get; init; }

    /// <summary>The optimizer's decays, momentum and epsilon, by name; empty in runs of before they were recorded.</summary>
    public IReadOnlyDictionary<string, double> OptimizerOptions { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The SHA-256 of the learning rates that were made again from another run's log; null where none were.</summary>
    public string? Replay { get; init; }

    /// <summary>The column of texts that do not belong, where the user named it.</summary>
    public string? NegativeColumn { get; init; }

    /// <summary>What linear layers multiplied.</summary>
    public string? Precision { get; init; }

    /// <summary>The decoupled weight decay of matrices and embeddings.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The largest norm of the gradient; 0: no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Which weights it ends with.</summary>
    public string? Keep { get; init; }

    /// <summary>Updates between evaluations; null: at the end of each epoch.</summary>
    public long? EvaluateEvery { get; init; }

    /// <summary>It ended after so many evaluations without improvement; null: not before its time.</summary>
    public int? EarlyStopping { get; init; }

    /// <summary>The threshold of several labels was chosen on development data.</summary>
    public bool TuneThreshold { get; init; }

    /// <summary>The accuracy that answers were to have; null where every answer is given.</summary>
    public double? Abstain { get; init; }

    /// <summary>The power of a polynomial schedule.</summary>
    public double Power { get; init; } = 1;

    /// <summary>The cosines of a schedule with restarts.</summary>
    public int Cycles { get; init; } = 2;

    /// <summary>The groups that the gradient of a batch was summed in; null: one.</summary>
    public int? GradientGroups { get; init; }

    /// <summary>The library that multiplied matrices; null where no model was run.</summary>
    public string? MatrixProduct { get; init; }

    /// <summary>The threads.</summary>
    public int? Threads { get; init; }

    /// <summary>What it took; null until it is finished.</summary>
    public RunCost? Cost { get; init; }

    /// <summary>What an automatic choice compared and found; null where the run was asked for as it is.</summary>
    public RunChoice? Choice { get; init; }

    /// <summary>Whether a folder holds a run, of fine-tuning or of pre-training.</summary>
    public static bool Exists(string folder) => File.Exists(PathOf(folder));

    /// <summary>Reads a folder's manifest; null for a folder that no fine-tuning run wrote.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static RunManifest? Read(string folder)
    {
        if (!Exists(folder)) return null;
        string path = PathOf(folder);
        try
        {
            JsonNode json = JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new JsonException("empty");
            return IsOfPretraining(json) ? null : RunManifestJson.Read(json); // a pre-trained model is like a published one
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InputException($"{path} is damaged: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// The library that multiplied matrices in a run, of fine-tuning or of pre-training; null where the folder does not say.
    /// </summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal static string? ReadMatrixProduct(string folder)
    {
        if (!Exists(folder)) return null;
        try
        {
            return (string?)JsonNode.Parse(File.ReadAllBytes(PathOf(folder)))?["matrix_product"];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new InputException($"{PathOf(folder)} is damaged: {failure.Message}", failure);
        }
    }

    /// <summary>Writes the manifest into a folder; it appears whole or not at all.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder) => WriteJson(folder, RunManifestJson.Write(this));

    /// <summary>Refuses to go on with a run in a folder with other options; nothing is refused where there is none.</summary>
    /// <exception cref="InputException">Names the option, what it was and what it is.</exception>
    public void RequireContinues(string folder)
    {
        JsonObject now = RunManifestJson.Write(this);
        if (MatrixProduct is null) now.Remove("matrix_product"); // nothing is computed yet: which library will be is not known
        RunDifference.RequireSame(PathOf(folder), now, s_unimportant);
    }

    /// <summary>A task with what the run decided for it and how it wrote; the task as it is where the run was for another.</summary>
    public FineTuningTask Bind(FineTuningTask task)
    {
        if (task.Name != Task)
            return task;
        GenerationOptions generation = task.Generation with
        {
            MaxNewTokens = MaxNewTokens ?? task.Generation.MaxNewTokens,
            NumBeams = NumBeams ?? task.Generation.NumBeams,
        };
        return task with { Decisions = Decisions ?? new Decisions(), Generation = generation };
    }

    /// <summary>Writes the manifest of a pre-training run: the objective's own options.</summary>
    internal static void WritePretraining(string folder, JsonObject json) => WriteJson(folder, json);

    /// <summary>Refuses to go on with a pre-training run with other options.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="json">As <see cref="WritePretraining"/> would write it.</param>
    /// <param name="unimportant">Keys that change no result.</param>
    internal static void RequirePretrainingContinues(string folder, JsonObject json, IReadOnlyCollection<string> unimportant) =>
        RunDifference.RequireSame(PathOf(folder), json, unimportant);

    private static void WriteJson(string folder, JsonObject json) =>
        AtomicFile.WriteText(PathOf(folder), json.ToJsonString(RunFolder.Json) + "\n");

    private static string PathOf(string folder) => Path.Combine(folder, FileName);

    private static bool IsOfPretraining(JsonNode json) => json["options"]?["objective"] is not null;
}

/// <summary>How layers differed in training.</summary>
/// <param name="Decay">A layer's rate ÷ that of the layer above it.</param>
/// <param name="Unfreezing">The share of the run over which layers were thawed from the top.</param>
/// <param name="Reinitialized">Top layers that are randomly initialised.</param>
public sealed record RunLayers(double Decay, double Unfreezing, int Reinitialized);

/// <summary>How many parameters a run trained.</summary>
/// <param name="Trained">Those that were trained.</param>
/// <param name="All">Those of the model and of the new parts on it.</param>
public sealed record RunParameters(long Trained, long All);

/// <summary>The model a run began with.</summary>
/// <param name="Path">The folder.</param>
/// <param name="FromScratch">Whether the parameters are randomly initialised.</param>
/// <param name="Sha256">The SHA-256 of its weights, in hexadecimal; null where it has none.</param>
public sealed record RunModel(string Path, bool FromScratch, string? Sha256);

/// <summary>A file of examples as the run read it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">The SHA-256 in hexadecimal.</param>
/// <param name="Examples">Number of examples.</param>
/// <param name="BadRows">Rows that were left out.</param>
/// <param name="Features">Windows that the model saw.</param>
/// <param name="LongExamples">Examples that are longer than the limit.</param>
/// <param name="TokensBeyondLimit">Tokens beyond it.</param>
/// <param name="BeyondLimit">Other things beyond it, counted.</param>
public sealed record RunData(
    string Path,
    string? Sha256,
    int Examples,
    int BadRows,
    int Features,
    int LongExamples,
    long TokensBeyondLimit,
    IReadOnlyList<KeyValuePair<string, long>> BeyondLimit
);

/// <summary>What a run took.</summary>
/// <param name="Seconds">Wall-clock time of the process from reading the data on.</param>
/// <param name="PeakMemoryBytes">The most memory it has held.</param>
public sealed record RunCost(double Seconds, long PeakMemoryBytes);

/// <summary>What an automatic choice found.</summary>
/// <param name="Winner">The name of the winner.</param>
/// <param name="Candidates">All that were to be compared, from cheap to dear.</param>
/// <param name="Estimate">The score to expect.</param>
/// <param name="Verdict">One line for people.</param>
public sealed record RunChoice(string Winner, IReadOnlyList<RunCandidate> Candidates, RunEstimate Estimate, string Verdict)
{
    /// <summary>The document of <c>graft auto --json</c>: winner, candidates, estimate, verdict.</summary>
    public JsonObject ToJson() => RunManifestJson.Write(this);

    /// <summary>How much a hundred more labels would add to the score; null where that was not measured.</summary>
    public double? HundredMoreLabels { get; init; }
}

/// <summary>A way of learning that was compared.</summary>
/// <param name="Name">The way and its model.</param>
/// <param name="Score">The mean of the main metric; null where it was not tried.</param>
/// <param name="Low">The lower end of its 90 % interval; null where there is none.</param>
/// <param name="High">The upper end.</param>
/// <param name="Seconds">What its trials took.</param>
/// <param name="Status"><c>winner</c>, <c>compared</c>, <c>eliminated</c> or <c>no time</c>.</param>
public sealed record RunCandidate(string Name, double? Score, double? Low, double? High, double Seconds, string Status);

/// <summary>A score to expect on texts of the same kind.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Value">The expected value.</param>
/// <param name="Low">The lower end of its 90 % interval.</param>
/// <param name="High">The upper end.</param>
public sealed record RunEstimate(string Metric, double Value, double Low, double High);
