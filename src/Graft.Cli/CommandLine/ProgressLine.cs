using System.Diagnostics;
using System.Globalization;
using Graft.Training;

namespace Graft.Cli;

/// <summary>A run on stderr: one line that moves on a terminal, a line now and then in a log.</summary>
internal sealed class ProgressLine : ITrainingObserver
{
    private static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(200), s_inLog = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew(), _sinceStart = new();
    private long _tokens;
    private double _progressAtStart = double.NaN;
    private TrainingPlan? _plan;
    private bool _lineIsOpen;

    public void Started(TrainingPlan plan)
    {
        _plan = plan;
        _sinceStart.Restart();
        Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"training {plan.Parameters:N0} "
                    + $"values{(plan.TotalUpdates is long total ? $", {total} updates" : "")}"
                + $"{(plan.ResumedAt > 0 ? $", resumed at {plan.ResumedAt}" : "")}"
            )
        );
    }

    public void Updated(UpdateRecord update)
    {
        _tokens += update.Tokens;
        if (double.IsNaN(_progressAtStart)) _progressAtStart = update.Progress;
        if (_sinceLine.Elapsed < (Terminal.IsInteractive ? s_onTerminal : s_inLog) && update.Step != _plan?.TotalUpdates) return;
        _sinceLine.Restart();
        double done = update.Progress - _progressAtStart, seconds = _sinceStart.Elapsed.TotalSeconds;
        string left = done > 0 ? ", " + Duration(seconds / done * (1 - update.Progress)) + " left" : "";
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * update.Progress, 3:0} %  update {update.Step}  loss {update.Loss:0.0000}  rate {update.LearningRate:0.00e+0}  "
                + $"{_tokens / Math.Max(1e-9, seconds):N0} tokens/s{left}"
        );
        if (Terminal.IsInteractive)
        {
            Console.Error.Write("\r\u001b[K" + text);
            _lineIsOpen = true;
        }
        else
        {
            Terminal.Log(text);
        }
    }

    public void Evaluated(EvaluationRecord evaluation) =>
        Line(
            $"after update {evaluation.Step}: "
                + string.Join(
                    ", ",
                    evaluation
                        .Metrics.Take(4)
                        .Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:0.0000}"))
                )
                + (evaluation.IsBest ? " (best so far)" : "")
        );

    public void CheckpointWritten(string folder) => Line($"checkpoint {folder}");

    private void Line(string text)
    {
        if (_lineIsOpen) Console.Error.WriteLine();
        _lineIsOpen = false;
        Terminal.Log(text);
    }

    private static string Duration(double seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(Math.Min(seconds, 1e7));
        return time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
            : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
            : $"{time.Seconds} s";
    }
}
