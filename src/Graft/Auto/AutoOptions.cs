using Graft.Data;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Auto;

/// <summary>What is asked of an automatic choice.</summary>
public sealed record AutoOptions
{
    /// <summary>What is learned: classes, several labels, numbers or tags.</summary>
    public required FineTuningTask Task { get; init; }

    /// <summary>Labelled examples.</summary>
    public required string Train { get; init; }

    /// <summary>Held-out examples that candidates are compared on; null: folds of the training examples.</summary>
    public string? Evaluation { get; init; }

    /// <summary>Folders of pre-trained models.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The wall-clock time of the whole choice, the last fit included.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>When that time began.</summary>
    /// <value>Null: when the choice is asked for.</value>
    public DateTimeOffset? Started { get; init; }

    /// <summary>The run folder.</summary>
    public required string Output { get; init; }

    /// <summary>
    /// The accuracy that answers shall have: those below a confidence that held-out labels decide are unsure, and texts unlike the training
    /// data are known.
    /// </summary>
    /// <value>Null: every answer is given.</value>
    public double? Abstain { get; init; }

    /// <summary>Which columns hold what.</summary>
    public ColumnOptions Columns { get; init; } = new();

    /// <summary>How texts are cut for models.</summary>
    public EncodingOptions Encoding { get; init; } = new();

    /// <summary>The seed of folds and of everything random.</summary>
    /// <value>42</value>
    public ulong Seed { get; init; } = 42;

    /// <summary>How numbers are computed.</summary>
    /// <value>Null for the context of the calling thread.</value>
    public ComputeContext? Compute { get; init; }

    /// <summary>Go on with an interrupted choice.</summary>
    public bool Resume { get; init; }

    /// <summary>Replace an existing run folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How it was asked for, for the record.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Time < TimeSpan.FromSeconds(1))
            throw new InputException("time", FormattableString.Invariant($"{Time.TotalSeconds} s"), "at least a second");
        if (!Candidates.Tasks.Contains(Task.Name, StringComparer.Ordinal))
            throw new InputException(
                "task",
                Task.Name,
                $"one of {string.Join(", ", Candidates.Tasks)}: others have one way to be learned (graft finetune)"
            );
        Abstention.Validate(Abstain, Task);
        Encoding.Validate();
    }
}
