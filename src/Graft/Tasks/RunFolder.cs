using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Pretrained;
using Graft.Torch.Compute;
using Graft.Torch.Optimizers;
using Graft.Torch.Products;
using Graft.Training;

namespace Graft.Tasks;

/// <summary>
/// A run folder: the model as other libraries read it, and beside it <c>graft.json</c> (what was asked and resolved), <c>metrics.json</c>,
/// <c>predictions.jsonl</c>, <c>mistakes.jsonl</c>. Every file appears whole or not at all.
/// </summary>
public sealed class RunFolder
{
    private const string RecordFile = "graft.json", MetricsFile = "metrics.json";
    internal static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private RunFolder(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Opens a folder for a run.</summary>
    /// <param name="path">The folder; made where it is missing.</param>
    /// <param name="resume">Go on with what is there.</param>
    /// <param name="overwrite">Remove what is there.</param>
    /// <exception cref="InputException">There is a run already, and neither was asked for.</exception>
    /// <exception cref="RunFailedException">The folder cannot be made.</exception>
    public static RunFolder Open(string path, bool resume, bool overwrite)
    {
        RequireFree(path, resume, overwrite);
        try
        {
            if (Directory.Exists(path) && overwrite && !resume) Directory.Delete(path, recursive: true);
            Directory.CreateDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"{path}: {AtomicFile.Explain(failure)}", failure);
        }

        return new RunFolder(path);
    }

    /// <summary>Refuses a folder that holds something, unless it is to be gone on with, or is a run to be replaced; touches nothing.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    internal static void RequireFree(string path, bool resume, bool overwrite)
    {
        bool isFilled = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (!isFilled || resume) return;
        if (!overwrite) throw new InputException($"{path} exists already: go on with --resume, replace it with --overwrite, or choose another --output");
        if (!File.Exists(System.IO.Path.Combine(path, RecordFile)))
            throw new InputException($"{path} is no run folder (it has no {RecordFile}); --overwrite removes run folders only");
    }

    /// <summary>The scores of a run that is finished; null for one that is not.</summary>
    internal static IReadOnlyList<NamedScore>? FinishedMetrics(string folder)
    {
        string record = System.IO.Path.Combine(folder, RecordFile), metrics = System.IO.Path.Combine(folder, MetricsFile);
        if (!File.Exists(record) || JsonNode.Parse(File.ReadAllBytes(record))?["finished"]?.GetValue<bool>() != true) return null;
        if (!File.Exists(metrics)) return [];
        return [.. JsonNode.Parse(File.ReadAllBytes(metrics))!["metrics"]!.AsObject().Select(score => new NamedScore(
            score.Key, new ScoreInterval(Number(score.Value!["value"]), Number(score.Value["low"]), Number(score.Value["high"]))))];

        static double Number(JsonNode? value) => value?.GetValue<double>() ?? double.NaN;
    }

    /// <summary>Chooses the matrix product that a run was begun with: another one rounds differently.</summary>
    internal static void UseRecordedProduct(string folder)
    {
        string record = System.IO.Path.Combine(folder, RecordFile);
        if (File.Exists(record) && (string?)JsonNode.Parse(File.ReadAllBytes(record))?["matrix_product"] is string library)
            MatrixProduct.Use(MatrixProduct.Parse(library));
    }

    /// <summary>Writes <c>graft.json</c>.</summary>
    internal void WriteRecord(FineTuningOptions options, Resolution resolution, Prepared prepared, bool isFinished)
    {
        JsonObject record = new()
        {
            ["graft"] = typeof(RunFolder).Assembly.GetName().Version?.ToString(3),
            ["finished"] = isFinished,
            ["command_line"] = options.CommandLine,
            ["task"] = prepared.Task.Name,
            ["strategy"] = options.Strategy.Name,
            ["strategy_options"] = new JsonObject(options.Strategy.Options.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value))),
            ["layers"] = new JsonObject { ["decay"] = options.Layers.Decay, ["unfreezing"] = options.Layers.Unfreezing, ["reinitialized"] = options.Layers.Reinitialized },
            ["parameters"] = new JsonObject { ["trained"] = resolution.TrainedParameters, ["all"] = resolution.AllParameters },
            ["labels"] = new JsonArray([.. prepared.Task.Labels.Select(label => (JsonNode?)label)]),
            ["model"] = new JsonObject { ["path"] = options.Model, ["from_scratch"] = options.FromScratch, ["sha256"] = WeightsHash.Of(options.Model) },
            ["train"] = Describe(options.Train, prepared.Train, prepared.EncodedTrain),
            ["evaluation"] = options.Evaluation is null ? null : Describe(options.Evaluation, prepared.Evaluation!, prepared.EncodedEvaluation!),
            ["examples"] = options.Examples,
            ["class_weights"] = options.ClassWeights,
            ["label_smoothing"] = prepared.Task.Loss.LabelSmoothing,
            ["generation"] = WriterOptions.ToJson(prepared.Task.Generation),
            ["decisions"] = isFinished ? prepared.Task.Decisions.ToJson() : null,
            ["seed"] = options.Training.Seed,
            ["learning_rate"] = Describe(resolution.LearningRate),
            ["batch_size"] = Describe(resolution.BatchSize),
            ["epochs"] = resolution.Epochs is { } epochs ? Describe(epochs) : null,
            ["steps"] = options.Training.Steps,
            ["time_budget_seconds"] = options.Training.TimeBudget?.TotalSeconds,
            ["max_length"] = options.Encoding.MaxLength,
            ["stride"] = options.Encoding.Stride,
            ["truncate"] = options.Encoding.Truncate,
            ["dropout"] = options.Dropout,
            ["schedule"] = options.Training.Schedule.Kind.ToString(),
            ["warmup"] = options.Training.Schedule.Warmup,
            ["optimizer"] = options.Training.Muon is null ? "adamw" : "muon",
            ["precision"] = options.Training.Precision.ToString(),
            ["weight_decay"] = options.Training.Optimizer.WeightDecay,
            ["clip_norm"] = options.Training.ClipNorm,
            ["keep"] = options.Training.Keep.ToString(),
            ["matrix_product"] = Engine.IsStarted ? MatrixProduct.Library.ToString() : null,
            ["threads"] = Engine.IsStarted ? Engine.Threads : null,
            ["cost"] = isFinished ? Cost(prepared) : null,
        };
        string path = System.IO.Path.Combine(Path, RecordFile);
        // A path may change; the hash beside it says whether it is the same file.
        if (options.Resume) RunRecord.RequireSame(path, record, "finished", "command_line", "graft", "threads", "decisions", "path", "cost");
        AtomicFile.WriteText(path, record.ToJsonString(Json) + "\n");
    }

    /// <summary>Wall-clock time of this process from reading the data on, and the most memory it has held.</summary>
    private static JsonObject Cost(Prepared prepared)
    {
        using System.Diagnostics.Process self = System.Diagnostics.Process.GetCurrentProcess();
        return new JsonObject
        {
            ["seconds"] = Math.Round(System.Diagnostics.Stopwatch.GetElapsedTime(prepared.Started).TotalSeconds, 1),
            ["peak_memory_bytes"] = self.PeakWorkingSet64,
        };
    }

    /// <summary>Writes <c>metrics.json</c>.</summary>
    internal void WriteMetrics(IReadOnlyList<NamedScore> scores) =>
        AtomicFile.WriteText(System.IO.Path.Combine(Path, MetricsFile), new JsonObject { ["metrics"] = ScoresJson(scores) }.ToJsonString(Json) + "\n");

    /// <summary>{name: {value, low, high}}.</summary>
    internal static JsonObject ScoresJson(IReadOnlyList<NamedScore> scores) => new(scores.Select(score => KeyValuePair.Create(score.Name, (JsonNode?)new JsonObject
    {
        ["value"] = Finite(score.Interval.Value),
        ["low"] = Finite(score.Interval.Low),
        ["high"] = Finite(score.Interval.High),
    })));

    /// <summary>Writes <c>predictions.jsonl</c>: each example's place, text, prediction and truth.</summary>
    internal static void WritePredictions(string folder, FineTuningTask task, TaskData data, IReadOnlyList<Prediction> predictions)
    {
        StringBuilder all = new(), mistakes = new();
        for (int i = 0; i < predictions.Count; i++)
        {
            JsonObject line = new() { ["place"] = data.PlaceOf(i), ["text"] = data.TextOf(i), ["truth"] = task.TruthOf(data, i) };
            foreach ((string key, JsonNode? value) in predictions[i].ToJson()) line[key] = value?.DeepClone();
            string text = line.ToJsonString(s_line);
            all.Append(text).Append('\n');
            if (!task.IsRight(data, i, predictions[i])) mistakes.Append(text).Append('\n');
        }

        AtomicFile.WriteText(System.IO.Path.Combine(folder, "predictions.jsonl"), all.ToString());
        AtomicFile.WriteText(System.IO.Path.Combine(folder, "mistakes.jsonl"), mistakes.ToString());
    }

    /// <summary>A finished run needs none.</summary>
    internal void RemoveCheckpoints()
    {
        string checkpoints = System.IO.Path.Combine(Path, "checkpoints");
        if (Directory.Exists(checkpoints)) Directory.Delete(checkpoints, recursive: true);
    }

    private static JsonObject Describe<T>(Resolved<T> value) => new() { ["value"] = JsonValue.Create(value.Value), ["reason"] = value.Reason };

    private static JsonObject Describe(string path, TaskData data, EncodedData encoded) => new()
    {
        ["path"] = path,
        ["sha256"] = WeightsHash.OfFile(path),
        ["examples"] = data.Count,
        ["bad_rows"] = data.BadRows.Count,
        ["features"] = encoded.Features.Count,
        ["long_examples"] = encoded.LongExamples,
        ["tokens_beyond_limit"] = encoded.TokensBeyond,
        ["beyond_limit"] = new JsonObject(encoded.Losses.Select(loss => KeyValuePair.Create(loss.What, (JsonNode?)loss.Beyond))),
    };

    private static JsonNode? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
