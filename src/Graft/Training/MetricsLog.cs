using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Training;

/// <summary>
/// <c>metrics.jsonl</c>: a line for every update (with its learning rate, so that a run bounded by time can be replayed) and every
/// evaluation.
/// </summary>
public sealed class MetricsLog(string folder) : ITrainingObserver
{
    private string Path => System.IO.Path.Combine(folder, "metrics.jsonl");

    /// <summary>Drops the lines of updates after a step: a resumed run writes them again.</summary>
    public void KeepUpTo(long step)
    {
        if (!File.Exists(Path)) return;
        StringBuilder kept = new();
        foreach (string line in File.ReadLines(Path).Where(line => StepOf(line) <= step)) kept.Append(line).Append('\n');
        AtomicFile.WriteText(Path, kept.ToString());
    }

    /// <summary>The learning rate of every update that a run logged, for <see cref="TrainingOptions.Replay"/>.</summary>
    /// <param name="path">The metrics.jsonl.</param>
    /// <exception cref="InputException">The file is missing or is no log of a run.</exception>
    public static IReadOnlyList<double> LearningRates(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path} does not exist; name the metrics.jsonl of a run");
        try
        {
            double[] rates = [.. File.ReadLines(path).Select(line => (double?)JsonNode.Parse(line)?["learning_rate"]).OfType<double>()];
            return rates.Length > 0 ? rates : throw new InputException($"{path} holds no update");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path} is not the metrics.jsonl of a run: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public void Updated(UpdateRecord update) => Append(new JsonObject
    {
        ["step"] = update.Step,
        ["loss"] = update.Loss,
        ["learning_rate"] = update.LearningRate,
        ["gradient_norm"] = update.GradientNorm,
        ["tokens"] = update.Tokens,
        ["seconds"] = Math.Round(update.Seconds, 3),
    });

    /// <inheritdoc/>
    public void Evaluated(EvaluationRecord evaluation) => Append(new JsonObject
    {
        ["step"] = evaluation.Step,
        ["evaluation"] = new JsonObject(evaluation.Metrics
            .Where(metric => double.IsFinite(metric.Value))
            .Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)metric.Value))),
        ["best"] = evaluation.IsBest,
    });

    private void Append(JsonObject line)
    {
        try
        {
            File.AppendAllText(Path, line.ToJsonString() + "\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"{Path}: {AtomicFile.Explain(failure)}; checkpoints written so far are whole", failure);
        }
    }

    /// <summary>The step of a line; a line that a kill cut in half counts as one that is dropped.</summary>
    private static long StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<long>() ?? long.MaxValue;
        }
        catch (JsonException)
        {
            return long.MaxValue;
        }
    }
}
