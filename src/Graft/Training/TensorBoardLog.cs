using Graft.Reports.TensorBoard;

namespace Graft.Training;

/// <summary>Writes the run's course as TensorBoard events.</summary>
internal sealed class TensorBoardLog(string folder) : ITrainingObserver, IDisposable
{
    private readonly EventWriter _writer = new(folder);

    /// <inheritdoc/>
    public void Updated(UpdateRecord update)
    {
        _writer.Scalar("train/loss", update.Step, update.Loss);
        _writer.Scalar("train/learning_rate", update.Step, update.LearningRate);
        _writer.Scalar("train/gradient_norm", update.Step, update.GradientNorm);
    }

    /// <inheritdoc/>
    public void Evaluated(EvaluationRecord evaluation)
    {
        foreach ((string name, double value) in evaluation.Metrics) _writer.Scalar("eval/" + name, evaluation.Step, value);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
