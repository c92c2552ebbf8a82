using Graft.Evaluation;

namespace Graft.Tasks;

/// <summary>
/// A metric of your own, measured beside those of a task: in training on development data, in the run folder, in <c>graft evaluate</c> and
/// its report.
/// </summary>
public interface ITaskMetric
{
    /// <summary>The name in tables and files; none of the task's own: "undecided".</summary>
    string Name { get; }

    /// <summary>Whether it is measured on a task.</summary>
    bool Measures(FineTuningTask task);

    /// <summary>The value over examples.</summary>
    /// <param name="data">The examples; at least one.</param>
    /// <param name="predictions">What a model says about each, in order: of the task's own type.</param>
    double Of(TaskData data, IReadOnlyList<Prediction> predictions);
}

/// <summary>The metrics that a program registers beside those of the tasks.</summary>
public static class TaskMetrics
{
    private const int Resamples = 200;
    private static readonly Lock s_lock = new();
    private static ITaskMetric[] s_metrics = [];

    /// <summary>
    /// Adds a metric; every task that it <see cref="ITaskMetric.Measures"/> then reports it, with a bootstrap interval over examples.
    /// </summary>
    /// <exception cref="ArgumentException">A metric has this name already.</exception>
    public static void Register(ITaskMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        lock (s_lock)
        {
            if (s_metrics.Any(other => other.Name == metric.Name))
                throw new ArgumentException($"there is a metric \"{metric.Name}\" already", nameof(metric));
            s_metrics = [.. s_metrics, metric];
        }
    }

    /// <summary>The scores of the task, its own first, then those registered.</summary>
    internal static IReadOnlyList<NamedScore> Measure(FineTuningTask task, TaskData data, IReadOnlyList<Prediction> predictions)
    {
        IReadOnlyList<NamedScore> own = task.Measure(data, predictions);
        ITaskMetric[] registered = [.. s_metrics.Where(metric => metric.Measures(task))];
        if (registered.Length == 0) return own;
        ITaskMetric? twice = registered.FirstOrDefault(metric => own.Any(score => score.Name == metric.Name));
        if (twice is not null)
            throw new InvalidOperationException($"the metric \"{twice.Name}\" has the name of one of {task.Name}'s own");
        return
        [
            .. own,
            .. registered.Select(metric => new NamedScore(
                metric.Name,
                Bootstrap.Interval(data.Count, positions => At(metric, data, predictions, positions), seed: 0, Resamples)
            )),
        ];
    }

    private static double At(ITaskMetric metric, TaskData data, IReadOnlyList<Prediction> predictions, ReadOnlySpan<int> positions)
    {
        int[] chosen = positions.ToArray();
        return metric.Of(data.Take(chosen), [.. chosen.Select(i => predictions[i])]);
    }
}
