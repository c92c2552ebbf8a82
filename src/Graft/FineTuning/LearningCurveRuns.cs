using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Runs;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>What so many labels reached on the development data.</summary>
/// <param name="Labels">The number of training examples.</param>
/// <param name="Folder">The runs.</param>
/// <param name="Scores">The main score of each seed.</param>
public sealed record LearningCurvePoint(int Labels, string Folder, IReadOnlyList<double> Scores)
{
    /// <summary>The mean.</summary>
    public double Mean => Summary.Mean([.. Scores]);

    /// <summary>The sample standard deviation; NaN of one.</summary>
    public double Deviation => Summary.StandardDeviation([.. Scores]);
}

/// <summary>The measured points and the power law through them.</summary>
/// <param name="Points">From few labels to all.</param>
/// <param name="Metric">What the score is.</param>
/// <param name="Curve">The fit, of 1 − score; null with fewer than three different numbers of labels.</param>
public sealed record LearningCurveResult(IReadOnlyList<LearningCurvePoint> Points, string Metric, LearningCurve? Curve)
{
    /// <summary>The expected rise of the score with twice the labels; null without a fit.</summary>
    public double? GainOfDoubling => Curve?.GainOfDoubling(Points[^1].Labels);
}

/// <summary>
/// "Would more labels help?": the same run on parts of the training data, every class with its share and smaller parts within larger ones,
/// several seeds each; a plot, and a power law carried on. An interrupted curve goes on with the run that was under way.
/// </summary>
public static class LearningCurveRuns
{
    private const int Smallest = 16, DefaultSizes = 5;

    /// <summary>
    /// Runs every number of labels with every seed; each in <c>OUTPUT/labels-N</c>, the table in <c>learning-curve.json</c> and
    /// <c>learning-curve.html</c>.
    /// </summary>
    /// <param name="options">The run; needs development data.</param>
    /// <param name="sizes">Numbers of labels; empty: a 1/16, 1/8, 1/4, 1/2 of the examples, and all.</param>
    /// <param name="seeds">Seeds a number.</param>
    /// <param name="observers">The observers a run.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="cancellationToken">Interrupts after writing a checkpoint.</param>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static LearningCurveResult Run(
        FineTuningOptions options,
        IReadOnlyList<int> sizes,
        int seeds,
        Func<ulong, IReadOnlyList<ITrainingObserver>>? observers = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        if (options.Evaluation is null) throw new InputException("a learning curve is judged on development data: name it with `eval`");
        RunFolder.RequireFree(options.Output, options.Resume, options.Overwrite);
        int all = options.Task.Read(options.Train, options.Columns, labelled: true).Count;
        List<LearningCurvePoint> points = [];
        string metric = options.Task.MainMetric;
        foreach (int labels in Sizes(sizes, all))
        {
            string folder = Path.Combine(options.Output, string.Create(CultureInfo.InvariantCulture, $"labels-{labels}"));
            logger?.Tell(string.Create(CultureInfo.InvariantCulture, $"{labels} of {all} labels: {folder}"));
            IReadOnlyList<(ulong Seed, FineTuningResult Result)> runs = SeededRuns.Run(
                options with
                {
                    Examples = labels,
                    Output = folder,
                },
                seeds,
                observers,
                logger,
                cancellationToken
            );
            metric = runs[0].Result.Scores[0].Name;
            points.Add(new LearningCurvePoint(labels, folder, [.. runs.Select(run => run.Result.Scores[0].Interval.Value)]));
        }

        LearningCurve? curve =
            points.Count < 3
                ? null
                : LearningCurve.Fit([.. points.Select(point => (double)point.Labels)], [.. points.Select(point => 1 - point.Mean)]);
        LearningCurveResult result = new(points, metric, curve);
        Write(options, result);
        return result;
    }

    private static int[] Sizes(IReadOnlyList<int> asked, int all)
    {
        if (asked.FirstOrDefault(size => size < 1, 1) is < 1 and int wrong)
            throw new InputException($"sizes: {wrong} labels; every number must be at least 1");
        if (asked.Count > 0)
            return [.. asked.Select(size => Math.Min(size, all)).Distinct().Order()];
        int[] halves =
        [
            .. Enumerable.Range(0, DefaultSizes).Select(i => all >> i).Where(size => size >= Smallest || size == all).Distinct().Order(),
        ];
        return halves.Length >= 3
            ? halves
            : throw new InputException(
                $"{all} examples are too few for a learning curve; at least {4 * Smallest} are needed, or name `sizes`"
            );
    }

    private static void Write(FineTuningOptions options, LearningCurveResult result)
    {
        JsonObject document = new()
        {
            ["metric"] = result.Metric,
            ["points"] = new JsonArray([
                .. result.Points.Select(point =>
                    (JsonNode?)
                        new JsonObject
                        {
                            ["labels"] = point.Labels,
                            ["mean"] = point.Mean,
                            ["deviation"] = double.IsFinite(point.Deviation) ? point.Deviation : null,
                            ["scores"] = new JsonArray([.. point.Scores.Select(score => (JsonNode?)score)]),
                            ["folder"] = point.Folder,
                        }
                ),
            ]),
            ["fit"] = result.Curve is { } curve
                ? new JsonObject
                {
                    ["floor"] = curve.Floor,
                    ["scale"] = curve.Scale,
                    ["rate"] = curve.Rate,
                    ["gain_of_doubling"] = result.GainOfDoubling,
                }
                : null,
        };
        if (result.Curve is not null) WriteReport(options, result);
        // In the place of the report's own twin.
        AtomicFile.WriteText(Path.Combine(options.Output, "learning-curve.json"), document.ToJsonString(RunFolder.Json) + "\n");
    }

    private static void WriteReport(FineTuningOptions options, LearningCurveResult result)
    {
        IReadOnlyList<(double, ScoreInterval)> scores =
        [
            .. result.Points.Select(point => ((double)point.Labels, new ScoreInterval(point.Mean, point.Scores.Min(), point.Scores.Max()))),
        ];
        ReportTable table = new(
            "By number of labels; the band of the plot goes from the worst to the best seed",
            ["labels", "mean", "deviation", "seeds"],
            [
                .. result.Points.Select(point =>
                    (IReadOnlyList<string>)
                        [
                            Format.Count(point.Labels),
                            Format.Percent(point.Mean),
                            Format.Percent(point.Deviation),
                            Format.Count(point.Scores.Count),
                        ]
                ),
            ],
            NumericFrom: 0
        );
        new Report(
            $"Learning curve: {Path.GetFileName(options.Output.TrimEnd('/'))}",
            $"{options.Model} on parts of {options.Train}, judged on {options.Evaluation}"
        )
            .Add(LearningCurveSection.Build(scores, result.Metric))
            .Add(new ReportSection("Scores", [table]))
            .Write(Path.Combine(options.Output, "learning-curve.html"));
    }
}
