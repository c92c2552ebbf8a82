using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Training;

namespace Graft.Pretraining;

/// <summary><c>metrics.jsonl</c>, a line an update and evaluation; and now and then a line for people: loss, rate, throughput, share of peak, time left.</summary>
internal sealed class PretrainingLog : ITrainingObserver, IDisposable
{
    private const double SecondsBetweenLines = 10;
    private readonly string _path;
    private readonly Action<string> _log;
    private readonly double _flopsPerToken, _peakGflops;
    private StreamWriter? _file;
    private long _lineStart = Stopwatch.GetTimestamp();
    private long _tokens;
    private double _loss;
    private int _updates;

    /// <param name="path">metrics.jsonl.</param>
    /// <param name="log">Takes lines for people.</param>
    /// <param name="flopsPerToken">Training cost of a token.</param>
    /// <param name="peakGflops">The machine's peak rate.</param>
    public PretrainingLog(string path, Action<string> log, double flopsPerToken, double peakGflops) =>
        (_path, _log, _flopsPerToken, _peakGflops) = (path, log, flopsPerToken, peakGflops);

    /// <inheritdoc/>
    public void Started(TrainingPlan plan)
    {
        // A resumed run logs the updates behind its checkpoint again: their old lines go.
        string[] kept = plan.ResumedAt > 0 && File.Exists(_path) ? [.. File.ReadLines(_path).Where(line => StepOf(line) <= plan.ResumedAt)] : [];
        AtomicFile.WriteText(_path, string.Concat(kept.Select(line => line + "\n")));
        _file = new StreamWriter(_path, append: true) { AutoFlush = true };
        if (plan.ResumedAt > 0) _log(string.Create(CultureInfo.InvariantCulture, $"going on after update {plan.ResumedAt:N0}"));
        _lineStart = Stopwatch.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Updated(UpdateRecord update)
    {
        _file!.WriteLine(new JsonObject
        {
            ["step"] = update.Step, ["loss"] = update.Loss, ["terms"] = new JsonArray([.. update.Terms.Select(term => (JsonNode)term)]), ["gradient_norm"] = update.GradientNorm,
            ["learning_rate"] = update.LearningRate, ["tokens"] = update.Tokens, ["seconds"] = Math.Round(update.Seconds, 3),
        }.ToJsonString());
        _tokens += update.Tokens;
        _loss += update.Loss;
        _updates++;
        double seconds = Stopwatch.GetElapsedTime(_lineStart).TotalSeconds;
        if (seconds < SecondsBetweenLines) return;
        double rate = _tokens / seconds, left = update.Progress > 0 ? update.Seconds * (1 - update.Progress) / update.Progress : 0;
        _log(string.Create(CultureInfo.InvariantCulture,
            $"update {update.Step:N0}  {100 * update.Progress:F1} %  loss {_loss / _updates:F3}  rate {update.LearningRate:E2}  {rate:N0} tokens/s = {100 * rate * _flopsPerToken / (_peakGflops * 1e9):F0} % of {_peakGflops:F0} GFLOP/s  {TimeSpan.FromSeconds(left):hh\\:mm\\:ss} left"));
        (_tokens, _loss, _updates, _lineStart) = (0, 0, 0, Stopwatch.GetTimestamp());
    }

    /// <inheritdoc/>
    public void Evaluated(EvaluationRecord evaluation)
    {
        JsonObject metrics = [];
        foreach ((string name, double value) in evaluation.Metrics) metrics[name] = double.IsFinite(value) ? value : null;
        _file!.WriteLine(new JsonObject { ["step"] = evaluation.Step, ["held_out"] = metrics }.ToJsonString());
        _log(string.Create(CultureInfo.InvariantCulture, $"update {evaluation.Step:N0}  held out: ") + string.Join("  ", evaluation.Metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:F4}"))));
        _lineStart = Stopwatch.GetTimestamp();
        (_tokens, _loss, _updates) = (0, 0, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static long StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<long>() ?? long.MaxValue;
        }
        catch (System.Text.Json.JsonException)
        {
            return long.MaxValue; // the line that was being written when the process ended
        }
    }
}
