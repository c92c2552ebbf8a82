using Graft.Data;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Demonstrations.Transfer;

/// <summary>What a transfer report measures.</summary>
public sealed record TransferOptions
{
    /// <summary>The pre-trained model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>Text or token classification.</summary>
    public required FineTuningTask Task { get; init; }

    /// <summary>Training data; subsets are its first examples, and the labels are those of the whole file.</summary>
    public required string Train { get; init; }

    /// <summary>What every method is judged on.</summary>
    public required string Test { get; init; }

    /// <summary>Development data that learning rates and penalties are chosen on; null: on a held-out share of the labels.</summary>
    public string? Evaluation { get; init; }

    /// <summary>The report's folder.</summary>
    public required string Output { get; init; }

    /// <summary>Which columns hold what.</summary>
    public ColumnOptions Columns { get; init; } = new();

    /// <summary>The numbers of labels.</summary>
    public required IReadOnlyList<LabelBudget> Labels { get; init; }

    /// <summary>What is compared.</summary>
    public IReadOnlyList<TransferMethod> Methods { get; init; } = TransferMethod.All;

    /// <summary>Seeds of the methods that draw numbers.</summary>
    /// <value>5</value>
    public int Seeds { get; init; } = 5;

    /// <summary>The first seed.</summary>
    /// <value>42</value>
    public ulong Seed { get; init; } = 42;

    /// <summary>Learning rates tried for fine-tuning; null: three that suit the model's size.</summary>
    public IReadOnlyList<double>? LearningRates { get; init; }

    /// <summary>Learning rates tried from scratch; null: three that suit the model's size.</summary>
    public IReadOnlyList<double>? ScratchRates { get; init; }

    /// <summary>Passes over the labels; null: more the fewer they are (<see cref="AutoRecipe"/>).</summary>
    public double? Epochs { get; init; }

    /// <summary>How everything is computed: precision, library, threads.</summary>
    /// <value>Null for the context of the thread that runs the report.</value>
    public ComputeContext? Compute { get; init; }

    /// <summary>How texts are cut.</summary>
    public EncodingOptions Encoding { get; init; } = new();

    /// <summary>Stops after this time; the same call goes on.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>How the report was asked for, for the record.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Task.Name is not ("text-classification" or "text-pair-classification" or "token-classification"))
            throw new InputException(
                $"task is {Task.Name}; a transfer report compares classifiers: text-classification, text-pair-classification or "
                    + $"token-classification"
            );
        if (Seeds < 1)
            throw new InputException($"seeds is {Seeds}; it must be at least 1");
        if (Labels.Count == 0)
            throw new InputException("labels is empty; it must have at least one number, such as 100");
        if (Methods.Count == 0)
            throw new InputException("methods is empty; it must have at least one");
        if (Epochs is <= 0)
            throw new InputException(FormattableString.Invariant($"epochs is {Epochs}; it must be above 0"));
        if (TimeBudget <= TimeSpan.Zero)
            throw new InputException($"time-budget is {TimeBudget}; it must be above 0");
        if (LearningRates?.Any(rate => !(rate > 0)) == true || ScratchRates?.Any(rate => !(rate > 0)) == true)
            throw new InputException("learning rates must be above 0");
        Encoding.Validate();
    }
}
