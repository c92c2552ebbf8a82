using System.Globalization;
using Graft.Objectives;
using Graft.Pretraining.Objectives;
using Graft.Torch.Optimizers;
using Graft.Training;

namespace Graft.Pretraining;

/// <summary>How a pre-training run goes.</summary>
public sealed record PretrainingOptions
{
    /// <summary>What is learnt, by its name on the command line (<see cref="PretrainingObjectives.Names"/>).</summary>
    /// <value>mlm.</value>
    public string Objective { get; init; } = "mlm";

    /// <summary>Masking of tokens, words and n-grams.</summary>
    public MaskedLmOptions Masking { get; init; } = new();

    /// <summary>Masking of spans.</summary>
    public SpanMaskingOptions SpanMasking { get; init; } = new();

    /// <summary>Span corruption.</summary>
    public SpanCorruptionOptions SpanCorruption { get; init; } = new();

    /// <summary>Tokens of a sequence, specials included.</summary>
    /// <value>Null: 128.</value>
    public int? MaxLength { get; init; }

    /// <summary>Documents of a window do not see each other: each becomes a sequence of its own.</summary>
    public bool CutAtDocuments { get; init; }

    /// <summary>Windows (or pairs) in an optimizer batch.</summary>
    /// <value>Null: 32.</value>
    public int? BatchSize { get; init; }

    /// <summary>Micro-batches the optimizer batch is cut into; changes memory, not the result.</summary>
    /// <value>1.</value>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>Decay of the weights' moving average, which is then what is evaluated and saved.</summary>
    /// <value>Null: no average.</value>
    public double? MovingAverage { get; init; }

    /// <summary>Held-out sequences that are evaluated.</summary>
    /// <value>512.</value>
    public int HeldOutSequences { get; init; } = 512;

    /// <summary>The loop's options; its learning rate is chosen where it is null.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    internal int Length => MaxLength ?? PretrainingResolution.UsualLength.Value;

    /// <summary>Sequences in an optimizer batch.</summary>
    internal int Batch => BatchSize ?? PretrainingResolution.UsualBatch.Value;

    /// <summary>The options of training that small models are made with; how long, is still to be said.</summary>
    /// <param name="followsTeacher">Whether the model is a student.</param>
    public static TrainingOptions UsualTraining(bool followsTeacher = false) => new()
    {
        Schedule = new Schedule { Warmup = followsTeacher ? 0.05 : 0.03 },
        Optimizer = followsTeacher ? new AdamWOptions() : new AdamWOptions { Beta2 = 0.98, Epsilon = 1e-6 },
        EvaluateEvery = 500,
        CheckpointEvery = TimeSpan.FromMinutes(5),
    };

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        _ = PretrainingObjectives.Find(Objective);
        Masking.Validate();
        SpanMasking.Validate();
        SpanCorruption.Validate();
        if (Batch < 1)
            throw new InputException("batch-size", Batch.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (GradientAccumulation < 1)
            throw new InputException("gradient-accumulation", GradientAccumulation.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (HeldOutSequences < 1)
            throw new InputException("held-out-sequences", HeldOutSequences.ToString(CultureInfo.InvariantCulture), "at least 1");
        Training.Validate();
    }
}
