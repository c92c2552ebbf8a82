using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Inference;
using Graft.Onnx;
using Graft.Tasks;
using Graft.Torch.Compute;
using Graft.Torch.Measurement;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft bench inference --model A,B,C --input F</c>: texts a second of models in turn, whatever engine runs them, with one thread and
/// with all.
/// </summary>
internal static class InferenceBench
{
    public const string Name = "inference";

    private const int MostTexts = 512, Rounds = 4;

    public static int Run(string models, string input, int? threads, bool json)
    {
        string[] folders =
        [
            .. models
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(model => ModelFlag.Locate(model)),
        ];
        JsonArray results = [];
        int most = threads ?? Environment.ProcessorCount;
        foreach (int count in new[] { 1, most }.Distinct())
        {
            using ComputeScope computing = new ComputeContext { Threads = count }.Enter();
            ScoringEngines.Register(new OnnxScoringEngine(new OnnxOptions { Threads = count })); // asked before those of fewer threads
            Predictor[] predictors = [.. folders.Select(folder => Predictor.Load(folder))];
            try
            {
                double peak = PeakRate.Measure().Gflops;
                double[] best = Measure(predictors, input, out int texts);
                peak = Math.Max(peak, PeakRate.Measure().Gflops);
                for (int i = 0; i < folders.Length; i++)
                {
                    double speed = texts / best[i];
                    results.Add(
                        new JsonObject
                        {
                            ["model"] = folders[i],
                            ["threads"] = count,
                            ["texts"] = texts,
                            ["texts_per_second"] = speed,
                            ["ratio"] = best[0] / best[i],
                            ["peak_gflops"] = peak,
                        }
                    );
                    if (!json)
                        Terminal.Out(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{count} thread{(count == 1 ? "" : "s")}  {speed, 8:0.0} texts/s  {best[0] / best[i], 5:0.00} × the "
                                    + $"first  {folders[i]}  (peak {peak:0} GFLOP/s)"
                            )
                        );
                }
            }
            finally
            {
                foreach (Predictor predictor in predictors) predictor.Dispose();
            }
        }

        if (json) Terminal.Json(new JsonObject { ["results"] = results });
        return ExitCodes.Ok;
    }

    /// <summary>Seconds of the fastest round of each; the models take turns, so that what disturbs one disturbs all.</summary>
    private static double[] Measure(Predictor[] predictors, string input, out int texts)
    {
        TaskData[] data = [.. predictors.Select(predictor => Texts(predictor.Task, input))];
        texts = data[0].Count;
        double[] best = [.. predictors.Select(_ => double.PositiveInfinity)];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < predictors.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                predictors[i].Predict(data[i]);
                if (round > 0) best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalSeconds); // the first one warms up
            }
        }

        return best;
    }

    private static TaskData Texts(FineTuningTask task, string input) =>
        task.Stream(input, new ColumnOptions { RequireLabel = false }, MostTexts, _ => { }).FirstOrDefault()
        ?? throw new InputException($"{input} has no texts");
}
