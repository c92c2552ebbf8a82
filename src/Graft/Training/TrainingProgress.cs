namespace Graft.Training;

/// <summary>
/// Where a run stands, told after every update: for progress bars and pages; <see cref="ITrainingObserver"/> is told everything.
/// </summary>
/// <param name="Update">The newest update, with the finished share of the run.</param>
/// <param name="TotalUpdates">The updates of the whole run; null when time bounds it.</param>
/// <param name="Evaluation">The newest evaluation on development data; null before the first.</param>
public sealed record TrainingProgress(UpdateRecord Update, long? TotalUpdates, EvaluationRecord? Evaluation)
{
    /// <summary>An observer that reports to a progress.</summary>
    internal static ITrainingObserver To(IProgress<TrainingProgress> progress) => new Reporter(progress);

    private sealed class Reporter(IProgress<TrainingProgress> progress) : ITrainingObserver
    {
        private TrainingPlan? _plan;
        private EvaluationRecord? _evaluation;

        public void Started(TrainingPlan plan) => _plan = plan;

        public void Updated(UpdateRecord update) => progress.Report(new TrainingProgress(update, _plan?.TotalUpdates, _evaluation));

        public void Evaluated(EvaluationRecord evaluation) => _evaluation = evaluation;
    }
}
