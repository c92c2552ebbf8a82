using Graft.Data;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Inference;

/// <summary>
/// A student that learns the answers of a fine-tuned run on texts without labels; its folder is a run like any other.
/// <code>
/// FineTuningOptions student = new()
/// {
///     Model = "graft-small", Task = new TextClassification(), Train = "texts.txt", Output = "runs/student",
/// };
/// RunDistillation.Run("runs/teacher", student);
/// </code>
/// </summary>
public static class RunDistillation
{
    private const double UsualEpochs = 10;

    /// <summary>Asks the teacher about every text, and trains the student towards its scores.</summary>
    /// <param name="teacher">The folder of a run that gives a text one class.</param>
    /// <param name="options">The student: its model, the texts (<see cref="FineTuningOptions.Train"/>, labels in it are not looked at), the
    /// run folder. The task is the teacher's; where nothing bounds the training it is 10 epochs.</param>
    /// <param name="observers">The observers.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="cancellationToken">Interrupts the run after writing a checkpoint.</param>
    /// <exception cref="InputException">A folder, a file or an option cannot be used.</exception>
    /// <exception cref="RunFailedException">The run diverged or could not be written.</exception>
    public static FineTuningResult Run(
        string teacher,
        FineTuningOptions options,
        IReadOnlyList<ITrainingObserver>? observers = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Examples is not null || options.ClassWeights is not null)
            throw new InputException("`examples` and `class-weights` are for labels; a student learns all answers of its teacher alike");
        FineTuningTask task;
        TextData texts;
        double[][] logits;
        using (Predictor predictor = Predictor.Load(teacher, calibrated: false))
        {
            if (predictor.Task is not TextClassification)
                throw new InputException(
                    "teacher",
                    teacher,
                    $"a run that gives a text one class (text-classification); this one is for {predictor.Task.Name}"
                );
            task = predictor.Task with { Decisions = new Decisions(), Familiarity = null, Calibrated = false };
            ColumnOptions columns = options.Columns with { Trained = predictor.Trained, Part = DataPart.Training };
            TextData read = (TextData)task.Read(options.Train, columns, labelled: false);
            texts = read with { Rows = [.. read.Rows.Select(row => row with { Labels = [] })] };
            logger?.Tell($"{teacher} answers {texts.Count} texts");
            logits = [.. predictor.Predict(texts, cancellationToken).Select(answer => ((ClassPrediction)answer).Logits)];
        }

        bool isBounded = options.Epochs is not null
            || options.Training is { Epochs: not null } or { Steps: not null } or { TimeBudget: not null };
        return FineTuning.Run(
            options with
            {
                Task = task,
                Epochs = isBounded ? options.Epochs : UsualEpochs,
                ChoosesStrategy = false,
                Taught = new TaughtData(teacher, texts, logits),
            },
            observers,
            logger,
            cancellationToken
        );
    }
}
