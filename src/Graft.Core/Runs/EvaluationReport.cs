using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Tasks;

namespace Graft.Runs;

/// <summary>
/// The report about a model on examples it was not trained on: scores beside baselines, the task's own part, slices, what a length limit
/// costs.
/// </summary>
internal static class EvaluationReport
{
    /// <summary>The sections that training and evaluation share; training puts its curves between them.</summary>
    public static Report Add(
        Report report,
        FineTuningTask task,
        TaskData data,
        EncodedData encoded,
        EncodingOptions encoding,
        IReadOnlyList<Prediction> predictions,
        IReadOnlyList<NamedScore> scores,
        IReadOnlyDictionary<string, double> baselines,
        IReadOnlyList<string>? columns = null,
        bool decidedHere = false,
        ReportSection? training = null
    )
    {
        report.Add(
            ScoresSection.Build(scores, [.. baselines.Select(baseline => new BaselineScore(baseline.Key, baseline.Value))], data.Count)
        );
        if (decidedHere && task.Decisions.Describe() is { Length: > 0 } decisions)
            report.Add(
                new ReportSection(
                    "Decided on these examples",
                    [
                        new Paragraph(
                            $"{decisions}. Thresholds were chosen where the scores above were measured: judge them on other data "
                                + $"(graft evaluate)."
                        ),
                    ]
                )
            );
        foreach (ReportSection section in task.ReportSections(data, predictions, decidedHere))
            report.Add(section);
        if (task.Decisions.Abstain is { } abstention)
        {
            (double[] confidences, bool[] right) = Abstention.Of(task, data, predictions);
            bool[] answered = [.. predictions.Select(prediction => prediction.IsUnsure != true)];
            report.Add(TrustSection.Abstention(abstention.Describe(), confidences, right, answered));
        }

        double[] credits = [.. predictions.Select((prediction, i) => task.CreditOf(data, i, prediction))];
        report.Add(
            SlicesSection.Build(
                [.. TaskSlices.Of(task, data, credits, columns).Select(slice => (slice.Division, slice.Scores))],
                task.CreditIsShare
            )
        );
        report.Add(training);
        TruncationStatistics truncation = new(
            encoding.MaxLength,
            data.Count,
            encoded.LongExamples,
            encoded.Tokens,
            encoded.TokensBeyond,
            Windowed: !encoding.Truncate && !encoded.IsCut
        );
        return report.Add(
            TruncationSection.Build(
                truncation,
                [.. encoded.Features.Select(feature => feature.Ids.Length)],
                [.. encoded.Losses.Select(loss => (loss.What, loss.Share))]
            )
        );
    }

    /// <summary>
    /// Writes <c>report.html</c> and its twin, <c>metrics.json</c>, <c>predictions.jsonl</c> and <c>mistakes.jsonl</c> into a folder.
    /// </summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(
        string folder,
        string title,
        string subtitle,
        FineTuningTask task,
        TaskData data,
        EncodedData encoded,
        EncodingOptions encoding,
        IReadOnlyList<Prediction> predictions,
        IReadOnlyList<NamedScore> scores,
        IReadOnlyDictionary<string, double> baselines,
        IReadOnlyList<string>? columns
    )
    {
        Report report = Add(new Report(title, subtitle), task, data, encoded, encoding, predictions, scores, baselines, columns);
        RunFolder.WritePredictions(folder, task, data, predictions);
        RunFolder.WriteMetrics(folder, scores, task);
        report.Write(Path.Combine(folder, "report.html"));
    }
}
