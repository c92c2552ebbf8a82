using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Auto;

/// <summary>What a candidate reached on a slot.</summary>
/// <param name="Candidate">The name of the candidate.</param>
/// <param name="Slot">The slot's number.</param>
/// <param name="Seconds">The time of fitting and scoring.</param>
/// <param name="Score">The main metric on what was held out.</param>
/// <param name="Credits">How right it was on each held-out example.</param>
/// <param name="Logits">Raw scores of classes for each held-out example; null where the task has none.</param>
internal sealed record Trial(string Candidate, int Slot, double Seconds, double Score, double[] Credits, double[][]? Logits)
{
    /// <summary>Fits and measures.</summary>
    public static Trial Of(Candidate candidate, AutoData data, Slot slot, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (EncodedData held, FeatureScores[] scores) = candidate.Try(data, slot, cancellationToken);
        TaskData examples = data.HeldFrom(slot).Take(slot.Held);
        IReadOnlyList<Prediction> predictions = data.Task.Decode(examples, held, scores);
        double[] credits = [.. predictions.Select((prediction, i) => data.Task.CreditOf(examples, i, prediction))];
        double score =
            data.Task.MainMetric == "accuracy"
                ? credits.Average()
                : data.Task.Measure(examples, predictions).First(named => named.Name == data.Task.MainMetricOn(examples)).Interval.Value;
        double[][]? logits = predictions is [ClassPrediction, ..]
            ? [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)]
            : null;
        return new Trial(
            candidate.Name,
            slot.Number,
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            double.IsFinite(score) ? score : 0,
            credits,
            logits
        );
    }

    /// <summary>A line of <c>auto/trials.jsonl</c>.</summary>
    public string ToLine() => new JsonObject
    {
        ["candidate"] = Candidate,
        ["slot"] = Slot,
        ["seconds"] = Math.Round(Seconds, 3),
        ["score"] = Score,
        ["credits"] = Numbers(Credits),
        ["logits"] = Logits is null ? null : new JsonArray([.. Logits.Select(row => (JsonNode?)Numbers(row))]),
    }.ToJsonString();

    /// <summary>Reads it.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public static Trial Parse(string line, string path)
    {
        try
        {
            JsonNode json = JsonNode.Parse(line)!;
            return new Trial(
                (string)json["candidate"]!,
                (int)json["slot"]!,
                (double)json["seconds"]!,
                (double)json["score"]!,
                [.. json["credits"]!.AsArray().Select(value => (double)value!)],
                json["logits"] is JsonArray rows ? [.. rows.Select(row => row!.AsArray().Select(value => (double)value!).ToArray())] : null
            );
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new InputException($"{path} is damaged: overwrite the run to start anew", failure);
        }
    }

    private static JsonArray Numbers(double[] values) => new([.. values.Select(value => (JsonNode?)Math.Round(value, 5))]);
}
