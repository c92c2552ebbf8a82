namespace Graft.Training;

/// <summary>Watches a run, and may end it: progress bars, logs, event files, a rule of your own. Every member may be left out.</summary>
public interface ITrainingObserver
{
    /// <summary>
    /// Whether the run shall end here, as after its last update: asked after every update and evaluation. What was trained is kept and the
    /// run is finished;
    /// to interrupt a run that goes on later, cancel it.
    /// </summary>
    /// <value>False.</value>
    bool StopsRun => false;

    /// <summary>The run is about to make its first update, or goes on after an interruption.</summary>
    void Started(TrainingPlan plan)
    {
    }

    /// <summary>An update was made.</summary>
    void Updated(UpdateRecord update)
    {
    }

    /// <summary>The development data was evaluated.</summary>
    void Evaluated(EvaluationRecord evaluation)
    {
    }

    /// <summary>A checkpoint is whole on disk.</summary>
    void CheckpointWritten(string folder)
    {
    }
}

/// <summary>What a run is going to do.</summary>
/// <param name="Parameters">Number of trained values.</param>
/// <param name="TotalUpdates">Null when time bounds the run.</param>
/// <param name="UpdatesPerEpoch">Null for an endless stream.</param>
/// <param name="ResumedAt">The update that a checkpoint lets the run go on from; 0 for a new run.</param>
public sealed record TrainingPlan(long Parameters, long? TotalUpdates, long? UpdatesPerEpoch, long ResumedAt);

/// <summary>One update.</summary>
/// <param name="Step">The number, from 1.</param>
/// <param name="Loss">The mean loss of the optimizer batch, its terms added.</param>
/// <param name="Terms">Each term's mean.</param>
/// <param name="GradientNorm">The global norm before clipping.</param>
/// <param name="LearningRate">The rate of this update.</param>
/// <param name="Examples">Examples in the batch.</param>
/// <param name="Tokens">Real tokens in the batch.</param>
/// <param name="Progress">The finished share of the run, in [0, 1].</param>
/// <param name="Seconds">Training time so far, interruptions not counted.</param>
public sealed record UpdateRecord(
    long Step,
    double Loss,
    IReadOnlyList<double> Terms,
    double GradientNorm,
    double LearningRate,
    int Examples,
    long Tokens,
    double Progress,
    double Seconds
);

/// <summary>One evaluation.</summary>
/// <param name="Step">After which update.</param>
/// <param name="Metrics">Metric → value.</param>
/// <param name="IsBest">Whether it is the best so far.</param>
public sealed record EvaluationRecord(long Step, IReadOnlyDictionary<string, double> Metrics, bool IsBest);

/// <summary>Evaluates the model on development data while it trains.</summary>
public interface IDevelopmentEvaluation
{
    /// <summary>The metric that decides which weights are best.</summary>
    string Metric { get; }

    /// <summary>Whether a larger value of it is better.</summary>
    bool LargerIsBetter { get; }

    /// <summary>Evaluates the model as it is now, without dropout.</summary>
    IReadOnlyDictionary<string, double> Evaluate();
}
