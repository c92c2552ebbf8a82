using System.Globalization;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>The values that were left to <see cref="AutoRecipe"/>, resolved.</summary>
internal sealed record Resolution(
    TrainingOptions Training,
    Resolved<double> LearningRate,
    Resolved<double>? Epochs,
    Resolved<int> BatchSize
)
{
    /// <summary>Values that are trained.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Values of the model and of the new parts on it.</summary>
    public required long AllParameters { get; init; }

    /// <summary>Tells which of the options that were given have no effect: nothing that a caller sets is ignored in silence.</summary>
    public static void TellUnused(FineTuningOptions options, string reason, ILogger logger)
    {
        (string Key, object? Value)[] given =
        [
            ("learning-rate", options.LearningRate),
            ("epochs", options.Epochs),
            ("batch-size", options.BatchSize),
            ("steps", options.Training.Steps),
            ("time-budget", options.Training.TimeBudget),
            ("early-stopping", options.Training.EarlyStopping),
        ];
        foreach ((string key, object? value) in given.Where(option => option.Value is not null))
            logger.Tell(FormattableString.Invariant($"`{key}` {value} has no effect: {reason}"));
    }

    public static Resolution Of(FineTuningOptions options, PretrainedModel model, TunedModule trained, int examples, ILogger logger)
    {
        const string asked = "as asked";
        string strategy = options.Strategy.Name;
        Resolved<double> rate = options.LearningRate is double given ? new(given, asked) : AutoRecipe.LearningRate(strategy, model);
        Resolved<int> batch =
            options.BatchSize is int size ? new(size, asked)
            : strategy == "contrastive" ? AutoRecipe.PairBatchSize
            : AutoRecipe.BatchSize(examples);
        bool isBounded = options.Training.Steps is not null || options.Training.TimeBudget is not null;
        Resolved<double>? epochs =
            isBounded ? null
            : options.Epochs is double count ? new(count, asked)
            : AutoRecipe.Epochs(strategy, examples);
        if (isBounded && options.Epochs is double unused)
            logger.Tell(
                string.Create(CultureInfo.InvariantCulture,
                    $"epochs {unused} are not counted: {(options.Training.Steps is null ? "the time budget bounds" : "steps bound")} "
                        + $"this run"
                )
            );
        logger.Tell(
            FormattableString.Invariant($"learning rate {rate.Value} ({rate.Reason}); batch {batch.Value} ({batch.Reason})")
                + (epochs is { } e ? FormattableString.Invariant($"; {e.Value} epochs ({e.Reason})") : "")
        );
        (long learned, long all) = trained.Count();
        logger.Tell(
            FormattableString.Invariant(
                $"strategy {strategy}: {learned:N0} of {all:N0} parameters are trained ({(double)learned / all:P2})"
            )
        );
        return new Resolution(options.Training with { Epochs = epochs?.Value, LearningRate = rate.Value }, rate, epochs, batch)
        {
            TrainedParameters = learned,
            AllParameters = all,
        };
    }
}
