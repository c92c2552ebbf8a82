using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Runs;

namespace Graft.Tasks;

/// <summary>Puts a run's <c>report.html</c> and its machine-readable twin together.</summary>
internal static class RunReport
{
    private const int MostPoints = 400;

    /// <summary>Writes the report beside the model.</summary>
    public static void Write(
        RunFolder folder,
        FineTuningOptions options,
        Resolution resolution,
        Prepared prepared,
        IReadOnlyList<Prediction> predictions,
        HeldOutPart? heldOut,
        IReadOnlyList<NamedScore> scores
    )
    {
        FineTuningTask task = prepared.Task;
        IReadOnlyDictionary<string, double> baselines = new Dictionary<string, double>(StringComparer.Ordinal);
        TaskData data;
        EncodedData encoded;
        if (prepared.Evaluation is not null)
        {
            (data, encoded) = (prepared.Evaluation, prepared.EncodedEvaluation!);
            if (options.Taught is null) baselines = task.Baselines(prepared.Train, data);
        }
        else if (heldOut is not null)
        {
            (data, encoded) = (heldOut.Data, heldOut.Encoded); // baselines would have seen them
            predictions = task.Answers(data, encoded, heldOut.Scores);
            scores = TaskMetrics.Measure(task, data, predictions);
        }
        else
        {
            return;
        }

        Report report = new(
            $"{task.Name}: {Path.GetFileName(options.Output.TrimEnd('/'))}",
            $"{options.Model} on {options.Train}, judged on {options.Evaluation ?? "parts of it that were held out in turn"}"
        );
        ReportSection? training = TrainingSection.Build(
            History(Path.Combine(folder.Path, "metrics.jsonl"), scores[0].Name),
            scores[0].Name,
            Facts(options, resolution, prepared)
        );
        EvaluationReport.Add(
            report,
            task,
            data,
            encoded,
            options.Encoding,
            predictions,
            scores,
            baselines,
            decidedHere: true,
            training: training
        );
        if (heldOut is not null && SuspiciousTexts.Of(task, heldOut.Data, heldOut.Encoded, heldOut.Scores) is { } suspicious)
        {
            SuspiciousTexts.Write(Path.Combine(folder.Path, SuspiciousTexts.FileName), suspicious);
            report.Add(
                TrustSection.SuspiciousLabels(
                    [.. suspicious.Select(label => (label.Place, label.Text, label.Given, label.Likely, label.Margin))]
                )
            );
        }

        report.Write(Path.Combine(folder.Path, "report.html"));
    }

    private static List<KeyFigure> Facts(FineTuningOptions options, Resolution resolution, Prepared prepared) =>
        [
            new("examples", Format.Count(prepared.Train.Count)),
            new("learning rate", Format.Number(resolution.LearningRate.Value), resolution.LearningRate.Reason),
            new("batch", Format.Count(resolution.BatchSize.Value), resolution.BatchSize.Reason),
            new(
                "epochs",
                resolution.Epochs is { } epochs ? Format.Number(epochs.Value) : "–",
                resolution.Epochs?.Reason ?? "bounded by steps or time"
            ),
            new(
                "strategy",
                options.Strategy.Name,
                string.Join(", ", options.Strategy.Options.Select(option => $"{option.Key} {option.Value}"))
            ),
            new("parameters trained", Format.Count(resolution.TrainedParameters), $"of {Format.Count(resolution.AllParameters)}"),
            new("seed", options.Training.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ];

    /// <summary>The learning curve from <c>metrics.jsonl</c>, so that a resumed run shows all of it.</summary>
    private static List<TrainingPoint> History(string path, string mainMetric)
    {
        JsonNode[] lines = [.. File.ReadLines(path).Select(line => JsonNode.Parse(line)!)];
        JsonNode[] updates = [.. lines.Where(line => line["loss"] is not null)];
        int every = Math.Max(1, updates.Length / MostPoints);
        List<TrainingPoint> points =
        [
            .. updates
                .Chunk(every)
                .Select(chunk => new TrainingPoint(
                    chunk[^1]["step"]!.GetValue<int>(),
                    chunk.Average(line => line["loss"]!.GetValue<double>())
                )),
        ];
        foreach (JsonNode line in lines.Where(line => line["evaluation"] is not null))
        {
            int step = line["step"]!.GetValue<int>();
            int at = points.FindIndex(point => point.Step >= step);
            if (at < 0) continue;
            points[at] = points[at] with { DevelopmentLoss = Value(line, "loss"), DevelopmentScore = Value(line, mainMetric) };
        }

        return points;
    }

    private static double Value(JsonNode line, string metric) => line["evaluation"]![metric]?.GetValue<double>() ?? double.NaN;
}
