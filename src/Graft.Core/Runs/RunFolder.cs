using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Tasks;

namespace Graft.Runs;

/// <summary>
/// A run folder: the model as other libraries read it, and beside it <c>graft.json</c> (what was asked and resolved:
/// <see cref="RunManifest"/>), <c>metrics.json</c>, <c>predictions.jsonl</c>, <c>mistakes.jsonl</c>. Every file appears whole or not at
/// all.
/// </summary>
internal sealed class RunFolder
{
    private const string MetricsFile = "metrics.json";
    private static readonly string[] s_parts = ["seed-*", "rate-*", "labels-*"];
    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
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

    /// <summary>
    /// Refuses a folder that holds something, unless it is to be gone on with, or is a run (or several) to be replaced; touches nothing.
    /// </summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static void RequireFree(string path, bool resume, bool overwrite)
    {
        bool isFilled = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (!isFilled || resume)
            return;
        if (!overwrite)
            throw new InputException(
                $"{path} exists already: go on with `resume`, replace it with `overwrite`, or choose another `output`"
            );
        if (!HoldsRun(path))
            throw new InputException($"{path} is no run folder (it has no {RunManifest.FileName}); `overwrite` removes run folders only");
    }

    /// <summary>The scores of a run that is finished; null for one that is not.</summary>
    /// <exception cref="InputException">A file of the run is damaged.</exception>
    public static IReadOnlyList<NamedScore>? FinishedMetrics(string folder)
    {
        if (RunManifest.Read(folder)?.IsFinished != true) return null;
        string metrics = System.IO.Path.Combine(folder, MetricsFile);
        if (!File.Exists(metrics)) return [];
        try
        {
            return [.. JsonNode.Parse(File.ReadAllBytes(metrics))!["metrics"]!.AsObject().Select(score => new NamedScore(
                score.Key, new ScoreInterval(Number(score.Value!["value"]), Number(score.Value["low"]), Number(score.Value["high"]))))];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InputException($"{metrics} is damaged: {failure.Message}", failure);
        }

        static double Number(JsonNode? value) => (double?)value ?? double.NaN;
    }

    /// <summary>Writes <c>metrics.json</c> into a folder: the scores, and whether the confidence they judge is calibrated.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="scores">Each with its interval.</param>
    /// <param name="task">What predicted; null where nothing was predicted.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void WriteMetrics(string folder, IReadOnlyList<NamedScore> scores, FineTuningTask? task)
    {
        JsonObject document = new() { ["metrics"] = ScoresJson(scores) };
        if (task is not null) document["calibrated"] = task.IsCalibrated;
        AtomicFile.WriteText(System.IO.Path.Combine(folder, MetricsFile), document.ToJsonString(Json) + "\n");
    }

    /// <summary>{name: {value, low, high}}.</summary>
    internal static JsonObject ScoresJson(IReadOnlyList<NamedScore> scores) =>
        new(
            scores.Select(score =>
                KeyValuePair.Create(
                    score.Name,
                    (JsonNode?)
                        new JsonObject
                        {
                            ["value"] = Finite(score.Interval.Value),
                            ["low"] = Finite(score.Interval.Low),
                            ["high"] = Finite(score.Interval.High),
                        }
                )
            )
        );

    /// <summary>
    /// Writes <c>predictions.jsonl</c> (each example's place, text, prediction and truth, and whether its confidence is calibrated) and of
    /// it <c>mistakes.jsonl</c>.
    /// </summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void WritePredictions(string folder, FineTuningTask task, TaskData data, IReadOnlyList<Prediction> predictions)
    {
        StringBuilder all = new(), mistakes = new();
        for (int i = 0; i < predictions.Count; i++)
        {
            JsonObject line = new() { ["place"] = data.PlaceOf(i), ["text"] = data.TextOf(i), ["truth"] = task.TruthOf(data, i) };
            foreach ((string key, JsonNode? value) in predictions[i].ToMarkedJson()) line[key] = value?.DeepClone();
            if (predictions[i].Confidence is not null) line["calibrated"] = task.IsCalibrated;
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

    /// <summary>Whether a folder is a run, or holds the runs of several seeds, learning rates or numbers of labels.</summary>
    private static bool HoldsRun(string path) =>
        RunManifest.Exists(path)
        || File.Exists(System.IO.Path.Combine(path, "auto", "begun.json"))
        || s_parts.SelectMany(pattern => Directory.EnumerateDirectories(path, pattern)).Any(HoldsRun);

    internal static JsonNode? Finite(double value) => double.IsFinite(value) ? (JsonNode)value : null;
}
