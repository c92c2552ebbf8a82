using Graft.Data;
using Graft.Training;
using Graft.Tuning;

namespace Graft.Tasks;

/// <summary>Texts with the answers of a teacher.</summary>
/// <param name="Teacher">The folder of its run.</param>
/// <param name="Texts">The texts, without labels.</param>
/// <param name="Logits">The raw scores of the teacher, [texts][classes].</param>
internal sealed record TaughtData(string Teacher, TaskData Texts, double[][] Logits)
{
    /// <summary>The features of the texts with what they are trained towards.</summary>
    public EncodedData Targets(EncodedData encoded)
    {
        float[][] logits = [.. Logits.Select(row => Array.ConvertAll(row, value => (float)value))];
        return encoded with
        {
            Features = [.. encoded.Features.Select(feature => feature with { Target = new TaughtTarget(logits[feature.Example]) })],
        };
    }
}

/// <summary>
/// Everything that decides a fine-tuning run. What is null is chosen by <see cref="AutoRecipe"/>, and the choice is recorded.
/// </summary>
public sealed record FineTuningOptions
{
    /// <summary>The folder of the pre-trained model.</summary>
    public required string Model { get; init; }

    /// <summary>What is learned.</summary>
    public required FineTuningTask Task { get; init; }

    /// <summary>Which parameters are trained.</summary>
    public TuningStrategy Strategy { get; init; } = new FullTuning();

    /// <summary>Take the strategy that the number of labels asks for in the place of <see cref="Strategy"/>; the reason is told.</summary>
    public bool ChoosesStrategy { get; init; }

    /// <summary>How layers differ in training.</summary>
    public LayerSchedule Layers { get; init; } = new();

    /// <summary>
    /// Training data; empty for contrastive tuning on the names of labels alone (<see cref="ColumnOptions.LabelNames"/>).
    /// </summary>
    public required string Train { get; init; }

    /// <summary>Development data; null: none.</summary>
    public string? Evaluation { get; init; }

    /// <summary>The run folder.</summary>
    public required string Output { get; init; }

    /// <summary>Which columns hold what.</summary>
    public ColumnOptions Columns { get; init; } = new();

    /// <summary>How examples are cut into features.</summary>
    public EncodingOptions Encoding { get; init; } = new();

    /// <summary>Trains on so many of the examples only, every class with its share; null: on all.</summary>
    public int? Examples { get; init; }

    /// <summary><c>balanced</c>, or a file of lines <c>label TAB weight</c>; null: all classes alike.</summary>
    public string? ClassWeights { get; init; }

    /// <summary>Several labels: choose the threshold on development data instead of taking 0.5.</summary>
    public bool TuneThreshold { get; init; }

    /// <summary>
    /// Choose, on held-out examples, the confidence below which an answer is unsure, so that the others have this accuracy; also learn
    /// which texts are unlike the training data. Held out are <see cref="Evaluation"/>, or without it parts of the labels in turn.
    /// </summary>
    /// <value>Null: every answer is given.</value>
    public double? Abstain { get; init; }

    /// <summary>The inverse penalty of a classifier on vectors, so that folds fit theirs as the run did; null: chosen.</summary>
    internal double? InversePenalty { get; init; }

    /// <summary>A teacher's answers that are learned in the place of labels; null: the labels.</summary>
    internal TaughtData? Taught { get; init; }

    /// <summary>Passes over the data; null: chosen, unless steps or a time budget bound the run.</summary>
    public double? Epochs { get; init; }

    /// <summary>The peak learning rate; null: chosen.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Features in an optimizer batch; null: chosen.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Into how many micro-batches a batch is cut.</summary>
    /// <value>1</value>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>Dropout of all layers; null: the model's own.</summary>
    public double? Dropout { get; init; }

    /// <summary>The rest of how the run goes.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>
    /// Start from randomly initialised weights instead of the pre-trained ones: the comparison that shows what pre-training is worth.
    /// </summary>
    public bool FromScratch { get; init; }

    /// <summary>Go on with an interrupted run.</summary>
    public bool Resume { get; init; }

    /// <summary>Replace an existing run folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How the run was asked for, for the record.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Why <see cref="Strategy"/> was taken, where the number of labels chose it.</summary>
    internal string? StrategyReason { get; init; }

    /// <summary>The same with what <see cref="Training"/> says of epochs and learning rate said here.</summary>
    /// <exception cref="InputException">Both say something, and not the same; or a strategy is named and left to the labels.</exception>
    internal FineTuningOptions WithOneHome() => ChoosesStrategy && Strategy is not FullTuning
        ? throw new InputException("strategy", $"{Strategy.Name} and, beside it, the choice by the number of labels", "one of the two")
        : this with
        {
            Epochs = One("epochs", Epochs, Training.Epochs),
            LearningRate = One("learning-rate", LearningRate, Training.LearningRate),
            Training = Training with { Epochs = null, LearningRate = null },
        };

    /// <summary>Refuses values that no data and no model could make right, before anything is read or told.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    internal void Validate()
    {
        Strategy.Validate();
        Layers.Validate(Strategy, Training.TimeBudget is not null);
        Task.Loss.Validate();
        Task.Generation.Validate();
        Encoding.Validate();
        bool isBounded = Training.Steps is not null || Training.TimeBudget is not null;
        (Training with { Epochs = isBounded ? null : Epochs ?? 1, LearningRate = LearningRate }).Validate();
        Require(Epochs is null or > 0, "epochs", Epochs, "above 0");
        Require(BatchSize is null or >= 1, "batch-size", BatchSize, "at least 1");
        Require(GradientAccumulation >= 1, "gradient-accumulation", GradientAccumulation, "at least 1");
        Require(Dropout is null or (>= 0 and < 1), "dropout", Dropout, "a number in [0, 1)");
        Require(Examples is null or >= 1, "examples", Examples, "at least 1");
        if (FromScratch && Strategy.SavesAdapterOnly)
            throw new InputException(
                $"`from-scratch` draws the base anew, and a {Strategy.Name} adapter keeps no base: use `strategy` full"
            );
        if (ClassWeights is not (null or "balanced") && !File.Exists(ClassWeights))
            throw new InputException("class-weights", ClassWeights, "balanced, or a file that exists");
    }

    private static void Require(bool condition, string key, object? value, string allowed)
    {
        if (!condition) throw new InputException(key, FormattableString.Invariant($"{value}"), allowed);
    }

    private static double? One(string key, double? own, double? training) =>
        own is null || training is null || own == training
            ? own ?? training
            : throw new InputException(
                key,
                FormattableString.Invariant($"{own} and, in the options of training, {training}"),
                "one of the two"
            );
}
