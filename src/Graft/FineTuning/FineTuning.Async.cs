using Graft.Torch.Compute;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

public static partial class FineTuning
{
    /// <summary>
    /// The same beside the caller, on a thread of its own; it takes the compute context of the calling thread where the options have none.
    /// </summary>
    /// <param name="options">What, on what, how.</param>
    /// <param name="observers">The observers, and may end it; called on the run's thread.</param>
    /// <param name="progress">Told after every update.</param>
    /// <param name="logger">Told what a person should know before training starts: resolved values, new weights, long texts.</param>
    /// <param name="cancellationToken">Interrupts the run after writing a checkpoint.</param>
    /// <inheritdoc cref="Run" path="/exception"/>
    public static Task<FineTuningResult> RunAsync(
        FineTuningOptions options,
        IReadOnlyList<ITrainingObserver>? observers = null,
        IProgress<TrainingProgress>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<ITrainingObserver> all = progress is null ? observers ?? [] : [.. observers ?? [], TrainingProgress.To(progress)];
        return ComputeThread.RunAsync(() => Run(options, all, logger, cancellationToken), cancellationToken);
    }
}
