using Graft.Data;
using Graft.Data.Checks;
using Graft.Tokenizers;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>Data that is ready for training.</summary>
internal sealed record Prepared(
    FineTuningTask Task,
    TaskData Train,
    EncodedData EncodedTrain,
    TaskData? Evaluation,
    EncodedData? EncodedEvaluation
)
{
    /// <summary>When reading began, as <see cref="System.Diagnostics.Stopwatch"/> counts.</summary>
    public long Started { get; init; }

    /// <summary>Reads and encodes the data; the task then knows its labels.</summary>
    public static Prepared Of(FineTuningOptions options, ILogger logger)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        // It reads the files for itself, beside the rest.
        Task<string[]> found = System.Threading.Tasks.Task.Run(() => DataNotes(options).ToArray());
        bool hasFile = options.Train.Length > 0;
        TaskData train = options.Taught is { } taught
            ? taught.Texts
            : hasFile
            ? TaskFiles.ReadTraining(options.Task, options.Train, options.Columns)
            : Contrastive.LabelTemplates.Of(options);
        train.TellReading(null, logger);
        if (options.Examples is int examples)
            train = TrainingSubset.Of(options.Task, train, examples);
        TaskData? evaluation = TaskFiles.ReadEvaluation(options.Task, options.Evaluation, options.Columns, train, logger);
        FineTuningTask task = options.Task.Labels.Count > 0 ? options.Task : options.Task.WithLabelsOf(train);
        train = Contrastive.LabelTemplates.With(options, task, train);
        if (options.ClassWeights is not null) task = task.WithClassWeights(options.ClassWeights, train);
        Tokenizer tokenizer = task.ForTraining(Tokenizer.Load(options.Model));
        EncodedData encodedTrain = task.Encode(train, tokenizer, options.Encoding);
        if (options.Taught is not null) encodedTrain = options.Taught.Targets(encodedTrain);
        EncodedData? encodedEvaluation = evaluation is null ? null : task.Encode(evaluation, tokenizer, options.Encoding);
        foreach (string line in found.GetAwaiter().GetResult()) logger.Tell(line);
        if (encodedTrain.LongExamples > 0) logger.Tell($"{options.Train}: {encodedTrain.Describe(train.Count, options.Encoding)}");
        return new Prepared(task, train, encodedTrain, evaluation, encodedEvaluation) { Started = started };
    }

    /// <summary>
    /// What <c>graft data check</c> finds, in its short form; rows left out and long texts are told by their counts already.
    /// </summary>
    private static IEnumerable<string> DataNotes(FineTuningOptions options) =>
        options.Train.Length > 0 && options.Taught is null && TaskDataCheck.Tasks.Contains(options.Task.Name, StringComparer.Ordinal)
            ? TaskDataCheck
                .Run(
                    new DataCheckOptions
                    {
                        Task = options.Task.Name,
                        Train = options.Train,
                        Evaluation = options.Evaluation,
                        Columns = options.Columns,
                        MaxLength = options.Encoding.MaxLength,
                    }
                )
                .Findings.Where(finding => finding.Severity > Severity.Note && finding.Code is not ("bad-rows" or "missing-labels"))
                .Select(finding => finding.Short)
            : [];
}
