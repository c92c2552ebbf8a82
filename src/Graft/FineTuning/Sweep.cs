using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;
using Graft.Runs;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>What a learning rate reached on the development data.</summary>
/// <param name="LearningRate">The rate.</param>
/// <param name="Folder">The runs.</param>
/// <param name="Scores">The main score of each seed.</param>
public sealed record SweepResult(double LearningRate, string Folder, IReadOnlyList<double> Scores)
{
    /// <summary>The mean.</summary>
    public double Mean => Summary.Mean([.. Scores]);

    /// <summary>The sample standard deviation; NaN of one.</summary>
    public double Deviation => Summary.StandardDeviation([.. Scores]);
}

/// <summary>
/// The same run over several learning rates and seeds, judged on development data: one table, one plot. A sweep that was interrupted goes
/// on with the run that was under way; finished runs are not made again.
/// </summary>
public static class Sweep
{
    /// <summary>
    /// Runs every rate with every seed; each rate in <c>OUTPUT/rate-R</c>, the table in <c>sweep.json</c> and <c>sweep.html</c>.
    /// </summary>
    /// <param name="options">The run; needs development data.</param>
    /// <param name="rates">The learning rates.</param>
    /// <param name="seeds">Seeds a rate.</param>
    /// <param name="observers">The observers a run.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="cancellationToken">Interrupts after writing a checkpoint.</param>
    /// <returns>The rates' results, best first.</returns>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static IReadOnlyList<SweepResult> Run(
        FineTuningOptions options,
        IReadOnlyList<double> rates,
        int seeds,
        Func<ulong, IReadOnlyList<ITrainingObserver>>? observers = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        if (options.Evaluation is null) throw new InputException("a sweep is judged on development data: name it with `eval`");
        if (rates.Count == 0) throw new InputException("a sweep needs learning rates: `learning-rates` 2e-5,3e-5,5e-5");
        RunFolder.RequireFree(options.Output, options.Resume, options.Overwrite);
        List<SweepResult> results = [];
        foreach (double rate in rates)
        {
            string folder = Path.Combine(options.Output, string.Create(CultureInfo.InvariantCulture, $"rate-{rate:0.###e+0}"));
            logger?.Tell(string.Create(CultureInfo.InvariantCulture, $"learning rate {rate}: {folder}"));
            IReadOnlyList<(ulong Seed, FineTuningResult Result)> runs = SeededRuns.Run(
                options with
                {
                    LearningRate = rate,
                    Training = options.Training with { LearningRate = null },
                    Output = folder,
                },
                seeds,
                observers,
                logger,
                cancellationToken
            );
            results.Add(new SweepResult(rate, folder, [.. runs.Select(run => run.Result.Scores[0].Interval.Value)]));
        }

        SweepResult[] ranked = [.. results.OrderByDescending(result => (options.Task.LargerIsBetter ? 1 : -1) * result.Mean)];
        Write(options, ranked);
        return ranked;
    }

    private static void Write(FineTuningOptions options, SweepResult[] ranked)
    {
        string metric = options.Task.MainMetric;
        JsonObject document = new()
        {
            ["metric"] = metric,
            ["best_learning_rate"] = ranked[0].LearningRate,
            ["rates"] = new JsonArray([.. ranked.Select(result => (JsonNode?)new JsonObject
            {
                ["learning_rate"] = result.LearningRate,
                ["mean"] = result.Mean,
                ["deviation"] = double.IsFinite(result.Deviation) ? result.Deviation : null,
                ["scores"] = new JsonArray([.. result.Scores.Select(score => (JsonNode?)score)]),
                ["folder"] = result.Folder,
            })]),
        };
        ReportTable table = new(
            "By learning rate, best first", ["learning rate", "mean", "deviation", "seeds"],
            [.. ranked.Select(result => (IReadOnlyList<string>)
            [
                result.LearningRate.ToString("g3", CultureInfo.InvariantCulture), Format.Percent(result.Mean),
                Format.Percent(result.Deviation), Format.Count(result.Scores.Count),
            ])],
            NumericFrom: 0);
        IEnumerable<(double X, ScoreInterval Y)> points = ranked.OrderBy(result => result.LearningRate)
            .Select(result => (result.LearningRate, new ScoreInterval(result.Mean, result.Scores.Min(), result.Scores.Max())));
        LinePlot plot = new(
            $"Development {metric.Replace('_', ' ')}; bars from the worst to the best seed",
            "learning rate",
            metric.Replace('_', ' '),
            [new LineSeries("mean over seeds", [.. points])],
            LogarithmicX: true
        );
        new Report(
            $"Sweep: {Path.GetFileName(options.Output.TrimEnd('/'))}",
            $"{options.Model} on {options.Train}, judged on {options.Evaluation}"
        )
            .Add(new ReportSection("Learning rates", [new PlotBlock(plot), table]))
            .Write(Path.Combine(options.Output, "sweep.html"));
        // In the place of the report's own twin.
        AtomicFile.WriteText(Path.Combine(options.Output, "sweep.json"), document.ToJsonString(RunFolder.Json) + "\n");
    }
}
