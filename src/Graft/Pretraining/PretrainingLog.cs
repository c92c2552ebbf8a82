using System.Diagnostics;
using System.Globalization;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Pretraining;

/// <summary>
/// A line for people now and then: loss, rate, throughput, share of peak, time left. What is logged for machines goes to
/// <see cref="MetricsLog"/>.
/// </summary>
/// <param name="metrics">metrics.jsonl.</param>
/// <param name="logger">Takes the lines.</param>
/// <param name="flopsPerToken">Training cost of a token.</param>
/// <param name="peakGflops">The machine's peak rate.</param>
internal sealed class PretrainingLog(MetricsLog metrics, ILogger logger, double flopsPerToken, double peakGflops) : ITrainingObserver
{
    private const double SecondsBetweenLines = 10;
    private long _lineStart;
    private long _tokens;
    private double _loss;
    private int _updates;

    /// <inheritdoc/>
    public void Started(TrainingPlan plan)
    {
        metrics.KeepUpTo(plan.ResumedAt); // a resumed run logs the updates behind its checkpoint again
        if (plan.ResumedAt > 0) logger.Tell(string.Create(CultureInfo.InvariantCulture, $"going on after update {plan.ResumedAt:N0}"));
        StartLine();
    }

    /// <inheritdoc/>
    public void Updated(UpdateRecord update)
    {
        metrics.Updated(update);
        _tokens += update.Tokens;
        _loss += update.Loss;
        _updates++;
        double seconds = Stopwatch.GetElapsedTime(_lineStart).TotalSeconds;
        if (seconds < SecondsBetweenLines && update.Progress < 1)
            return;
        double rate = _tokens / seconds,
            left = update.Progress > 0 ? update.Seconds * (1 - update.Progress) / update.Progress : 0;
        logger.Tell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"update {update.Step:N0}  {100 * update.Progress:F1} %  loss {_loss / _updates:F3}  rate {update.LearningRate:E2}  "
                    + $"{rate:N0} tokens/s = {100 * rate * flopsPerToken / (peakGflops * 1e9):F0} % of {peakGflops:F0} GFLOP/s  "
                    + $"{TimeSpan.FromSeconds(left):hh\\:mm\\:ss} left"
            )
        );
        StartLine();
    }

    /// <inheritdoc/>
    public void Evaluated(EvaluationRecord evaluation)
    {
        metrics.Evaluated(evaluation);
        logger.Tell(
            string.Create(CultureInfo.InvariantCulture, $"update {evaluation.Step:N0}  held out: ")
                + string.Join(
                    "  ",
                    evaluation.Metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:F4}"))
                )
        );
        StartLine();
    }

    private void StartLine() => (_tokens, _loss, _updates, _lineStart) = (0, 0, 0, Stopwatch.GetTimestamp());
}
