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
        IReadOnlyList<NamedScore> scores
    )
    {
        if (prepared.Evaluation is null) return;
        FineTuningTask task = prepared.Task;
        Report report = new(
            $"{task.Name}: {Path.GetFileName(options.Output.TrimEnd('/'))}",
            $"{options.Model} on {options.Train}, judged on {options.Evaluation}"
        );
        ReportSection? training = TrainingSection.Build(
            History(Path.Combine(folder.Path, "metrics.jsonl"), scores[0].Name),
            scores[0].Name,
            Facts(options, resolution, prepared)
        );
        EvaluationReport.Add(
            report,
            task,
            prepared.Evaluation,
            prepared.EncodedEvaluation!,
            options.Encoding,
            predictions,
            scores,
            task.Baselines(prepared.Train, prepared.Evaluation),
            decidedHere: true,
            training: training
        );
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
