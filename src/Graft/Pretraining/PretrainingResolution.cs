using System.Text.Json.Nodes;
using Graft.Runs;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Pretraining;

/// <summary>
/// What a pre-training run goes by, each value with its reason: asked for, or taken from the recipe. It is resolved once, told, and kept in
/// <c>graft.json</c>.
/// </summary>
internal sealed record PretrainingResolution
{
    /// <summary>Tokens of a sequence where nothing is asked.</summary>
    public static readonly Resolved<int> UsualLength = new(128, "the first phase of BERT (Devlin et al. 2019)");

    /// <summary>Sequences of a batch where nothing is asked.</summary>
    public static readonly Resolved<int> UsualBatch = new(32, "about 4,000 tokens an update: many updates in little time");

    private const string Asked = "as asked";

    /// <summary>The options with every value that was open.</summary>
    public required PretrainingOptions Options { get; init; }

    /// <summary>The peak of the learning rate.</summary>
    public required Resolved<double> LearningRate { get; init; }

    /// <summary>The updates over which the rate rises, or their share.</summary>
    public required Resolved<double> Warmup { get; init; }

    /// <summary>The decay of AdamW's second moment.</summary>
    public required Resolved<double> Beta2 { get; init; }

    /// <summary>Sequences in an optimizer batch.</summary>
    public required Resolved<int> BatchSize { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public required Resolved<int> MaxLength { get; init; }

    /// <summary>Dropout of the model.</summary>
    public required Resolved<double> Dropout { get; init; }

    /// <summary>Resolves what is open.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="dropout">The dropout that was asked for.</param>
    /// <param name="followsTeacher">Whether the model is a student.</param>
    public static PretrainingResolution Of(PretrainingOptions options, double? dropout, bool followsTeacher)
    {
        TrainingOptions training = options.Training,
            usual = PretrainingOptions.UsualTraining(followsTeacher);
        Resolved<double> rate =
            training.LearningRate is double given ? new(given, Asked)
            : followsTeacher ? new(5e-4, "students: DistilBERT's rate (Sanh et al. 2019)")
            : new(1.5e-3, "small models: 1e-3 … 2e-3 (Izsak et al. 2021)");
        Resolved<int> length = options.MaxLength is int tokens ? new(tokens, Asked) : UsualLength,
            batch = options.BatchSize is int size ? new(size, Asked) : UsualBatch;
        return new PretrainingResolution
        {
            Options = options with
            {
                MaxLength = length.Value,
                BatchSize = batch.Value,
                Training = training with { LearningRate = rate.Value },
            },
            LearningRate = rate,
            Warmup = Of(training.Schedule.Warmup, usual.Schedule.Warmup, "a short rise: most updates at high rates (Izsak et al. 2021)"),
            Beta2 = Of(training.Optimizer.Beta2, usual.Optimizer.Beta2, followsTeacher ? "AdamW's own" : "RoBERTa (Liu et al. 2019)"),
            BatchSize = batch,
            MaxLength = length,
            Dropout =
                dropout is double asked ? new(asked, Asked)
                : followsTeacher ? new(0.1, "DistilBERT (Sanh et al. 2019)")
                : new(0, "text is seen once or a few times: nothing to over-fit (Geiping and Goldstein 2023)"),
        };
    }

    /// <summary>Tells every value with its reason in one line.</summary>
    public void Tell(ILogger logger) =>
        logger.Tell(
            FormattableString.Invariant($"recipe     learning rate {LearningRate.Value} ({LearningRate.Reason}); ")
                + FormattableString.Invariant($"warm-up {Warmup.Value} ({Warmup.Reason}); beta2 {Beta2.Value} ({Beta2.Reason}); ")
                + FormattableString.Invariant($"batch {BatchSize.Value} ({BatchSize.Reason}); ")
                + FormattableString.Invariant($"{MaxLength.Value} tokens ({MaxLength.Reason}); ")
                + FormattableString.Invariant($"dropout {Dropout.Value} ({Dropout.Reason})")
        );

    /// <summary>The values with their reasons.</summary>
    public JsonObject ToJson() => new()
    {
        ["learning_rate"] = Json(LearningRate.Value, LearningRate.Reason),
        ["warmup"] = Json(Warmup.Value, Warmup.Reason),
        ["beta2"] = Json(Beta2.Value, Beta2.Reason),
        ["batch_size"] = Json(BatchSize.Value, BatchSize.Reason),
        ["max_length"] = Json(MaxLength.Value, MaxLength.Reason),
        ["dropout"] = Json(Dropout.Value, Dropout.Reason),
    };

    // A value that is no option of its own to leave open: what differs from the recipe was asked for.
    private static Resolved<double> Of(double value, double usual, string reason) => new(value, value.Equals(usual) ? reason : Asked);

    private static JsonObject Json(JsonNode value, string reason) => new() { ["value"] = value, ["reason"] = reason };
}
