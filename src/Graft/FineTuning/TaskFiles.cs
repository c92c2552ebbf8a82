using Graft.Data;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>The two files of a run: training data, and development data that is read as the training data was.</summary>
internal static class TaskFiles
{
    /// <summary>The training data.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static TaskData ReadTraining(FineTuningTask task, string path, ColumnOptions columns) =>
        task.Read(path, columns with { Part = DataPart.Training }, labelled: true);

    /// <summary>The development data, with a line about how it is read; null where there is none.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static TaskData? ReadEvaluation(FineTuningTask task, string? path, ColumnOptions columns, TaskData train, ILogger logger)
    {
        if (path is null) return null;
        TaskData evaluation = task.Read(path, columns with { Part = DataPart.Evaluation, Trained = train.Reading }, labelled: true);
        evaluation.TellReading(train.Reading, logger);
        return evaluation;
    }
}
