using Graft.Evaluation;
using Graft.Torch.Compute;
using Microsoft.Extensions.Logging;

namespace Graft.Demonstrations.Transfer;

/// <summary>What a method reached with so many labels.</summary>
/// <param name="Budget">The labels allowed.</param>
/// <param name="Examples">How many they are.</param>
/// <param name="Method">The method.</param>
/// <param name="Scores">The task's main metric on the test data: one a seed, or the only one.</param>
/// <param name="Setting">The learning rate or penalty that was chosen; null where there is none.</param>
public sealed record TransferRow(LabelBudget Budget, int Examples, TransferMethod Method, IReadOnlyList<double> Scores, double? Setting)
{
    private const int FewestForInterval = 3;

    /// <summary>
    /// The mean with its 95 % interval over seeds (Student's t); no interval for fewer than three: of two it spans half the scale.
    /// </summary>
    public ScoreInterval Score => Scores.Count >= FewestForInterval ? StudentT.Interval([.. Scores]) : ScoreInterval.Of(Scores.Average());
}

/// <summary>A transfer report.</summary>
/// <param name="Metric">What the scores are.</param>
/// <param name="TestExamples">How many examples they were measured on.</param>
/// <param name="Rows">By number of labels, then by method.</param>
/// <param name="IsComplete">False: the time was up; the same call goes on.</param>
/// <param name="Folder">Where table, plot and data are.</param>
public sealed record TransferResult(string Metric, int TestExamples, IReadOnlyList<TransferRow> Rows, bool IsComplete, string Folder);

/// <summary>
/// The claim of pre-training, measured: a task's score as a function of the number of labels, for the same network from randomly
/// initialised weights, for word vectors alone, for frozen features and for full fine-tuning, every one tuned alike. Writes
/// <c>transfer.md</c>, <c>transfer.svg</c>, <c>transfer.json</c> and <c>report.html</c>; finished measurements stay in <c>work/</c> and are
/// never made again.
/// </summary>
public static class TransferReport
{
    /// <summary>Measures what is missing and writes the report.</summary>
    /// <param name="options">What is measured.</param>
    /// <param name="logger">Takes lines for people.</param>
    /// <param name="cancellationToken">Interrupts; the same call goes on.</param>
    /// <exception cref="InputException">A file or an option cannot be used, or the folder holds a report of something else.</exception>
    /// <exception cref="RunFailedException">A run diverged or could not be written.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static TransferResult Run(TransferOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        options.Validate();
        // fixed vectors as well as training, in whatever order they are measured
        using ComputeScope computing = (options.Compute ?? ComputeContext.Current).Enter();
        TransferData data = TransferData.Read(options);
        using TransferRun run = new(options, data, logger);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options.TimeBudget is TimeSpan budget) limit.CancelAfter(budget);
        bool isComplete = true;
        List<TransferRow> rows = [];
        try
        {
            foreach (TransferRow row in run.Rows(limit.Token)) rows.Add(row);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            isComplete = false;
        }

        TransferResult result = new(data.Task.MainMetric, data.Test.Count, rows, isComplete, options.Output);
        if (rows.Count > 0) TransferWriter.Write(options, data, result);
        return result;
    }
}
